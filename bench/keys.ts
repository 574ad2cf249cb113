/**
 * Root keys: data keys generated and unwrapped a second, for files and, where PARCELKEEP_PKCS11_MODULE names SoftHSM's module, for tokens; as a ratio to wrapping and
 * unwrapping by plain AES-256-GCM under a key in memory, which says more than the figure where machines differ.
 *
 *     node bench/keys.ts
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalKeys } from "../src/vault/keys/local/key-folder.ts";
import { localOpeningHalf } from "../src/vault/keys/local/opening.ts";
import { localSealingKeys } from "../src/vault/keys/local/sealing.ts";
import { pkcs11OpeningKeys } from "../src/vault/keys/pkcs11/opening.ts";
import { pkcs11SealingKeys } from "../src/vault/keys/pkcs11/sealing.ts";
import { createPkcs11Roots } from "../src/vault/keys/pkcs11/setup.ts";
import { contextBytes, type KeyContext, type OpeningKeys, type SealingKeys } from "../src/vault/keys/provider.ts";
import { softHsm, softHsmModule } from "../test/services/softhsm.ts";

const context: KeyContext = { tenant: "4f1dcc16-9b5b-43aa-892e-d28f71ac7047", purpose: "raw-records", epoch: 1 };
const roundMs = 500;
const rounds = 5;

interface Halves {
  readonly sealing: Pick<SealingKeys, "generateDataKey" | "derive">;
  readonly opening: Pick<OpeningKeys, "unwrap">;
}

/** Operations a second, one after the other: the median of some rounds. */
async function rates(halves: Halves): Promise<Readonly<Record<"generate" | "unwrap" | "derive", number>>> {
  const { wrapped } = await halves.sealing.generateDataKey(context);
  return {
    generate: await perSecond(() => halves.sealing.generateDataKey(context)),
    unwrap: await perSecond(() => halves.opening.unwrap(wrapped, context)),
    derive: await perSecond(() => halves.sealing.derive("bench")),
  };
}

async function perSecond(work: () => Promise<unknown>): Promise<number> {
  const measured: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    let done = 0;
    while (performance.now() - start < roundMs) {
      for (let call = 0; call < 16; call++) await work();
      done += 16;
    }
    measured.push((done / (performance.now() - start)) * 1000);
  }
  return measured.toSorted((one, two) => one - two)[Math.floor(rounds / 2)]!;
}

function plain(): Halves {
  const key = createSecretKey(randomBytes(32));
  return {
    sealing: {
      generateDataKey: async (wrappedFor) => {
        const [plaintext, iv] = [randomBytes(32), randomBytes(12)];
        const cipher = createCipheriv("aes-256-gcm", key, iv);
        cipher.setAAD(contextBytes(wrappedFor));
        return { plaintext, wrapped: Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]) };
      },
      derive: async () => randomBytes(32),
    },
    opening: {
      unwrap: async (wrapped, wrappedFor) => {
        const decipher = createDecipheriv("aes-256-gcm", key, wrapped.subarray(0, 12));
        decipher.setAAD(contextBytes(wrappedFor));
        decipher.setAuthTag(wrapped.subarray(44));
        return Buffer.concat([decipher.update(wrapped.subarray(12, 44)), decipher.final()]);
      },
    },
  };
}

const folder = mkdtempSync(join(tmpdir(), "keys-"));
const hsm = softHsmModule === undefined ? null : softHsm(softHsmModule, 1);
try {
  await createLocalKeys(join(folder, "keys"));
  const base = await rates(plain());
  const lines: [string, Awaited<ReturnType<typeof rates>>][] = [
    [
      "local",
      await rates({
        sealing: await localSealingKeys(join(folder, "keys", "sealing.json")),
        opening: await localOpeningHalf(join(folder, "keys")),
      }),
    ],
  ];
  if (hsm !== null) {
    const logins = hsm.logins();
    await createPkcs11Roots(logins);
    lines.push([
      "pkcs11 (SoftHSM)",
      await rates({ sealing: await pkcs11SealingKeys(logins.sealing), opening: await pkcs11OpeningKeys(logins.opening) }),
    ]);
  }
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  print("| provider | generate/s | of plain GCM | unwrap/s | of plain GCM | derive/s |\n|---|---|---|---|---|---|");
  print(`| AES-256-GCM in memory | ${rounded(base.generate)} | 1 | ${rounded(base.unwrap)} | 1 | |`);
  for (const [name, { generate, unwrap, derive }] of lines) {
    const ratios = [generate / base.generate, unwrap / base.unwrap].map((ratio) => ratio.toPrecision(2));
    print(`| ${name} | ${rounded(generate)} | ${ratios[0]} | ${rounded(unwrap)} | ${ratios[1]} | ${rounded(derive)} |`);
  }
} finally {
  hsm?.remove();
  rmSync(folder, { recursive: true });
}

function rounded(rate: number): string {
  return Number(rate.toPrecision(2)).toLocaleString("en");
}
