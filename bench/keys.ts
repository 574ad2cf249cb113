/**
 * Root keys: data keys generated and unwrapped a second, for files and, where PARCELKEEP_PKCS11_MODULE names SoftHSM's module, for tokens; as a ratio to wrapping and
 * unwrapping by plain AES-256-GCM under a key in memory, which says more than the figure where machines differ. Then reveals: one person's five values out of two
 * groups, two unwraps; and a whole export over HTTP, which starts a process for its one grant. `BENCH_WRITE=1` writes RESULTS-keys.md.
 *
 *     node bench/keys.ts
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
import { execSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalKeys } from "../src/vault/keys/local/key-folder.ts";
import { localOpeningHalf } from "../src/vault/keys/local/opening.ts";
import { localSealingKeys } from "../src/vault/keys/local/sealing.ts";
import { pkcs11OpeningKeys } from "../src/vault/keys/pkcs11/opening.ts";
import { pkcs11SealingKeys } from "../src/vault/keys/pkcs11/sealing.ts";
import { openingByRoot } from "../src/vault/keys/opening-by-root.ts";
import { createPkcs11Roots } from "../src/vault/keys/pkcs11/setup.ts";
import { contextBytes, type KeyContext, type OpeningKeys, type SealingKeys } from "../src/vault/keys/provider.ts";
import { KeyedHash } from "../src/domain/keyed-hash.ts";
import { openSubject, type StoredGroup } from "../src/vault/open-subject.ts";
import { sealGroup } from "../src/vault/seal-group.ts";
import type { FieldToSeal } from "../src/vault/tokenise.ts";
import { softHsm, softHsmModule } from "../test/services/softhsm.ts";
import { RunningProgram } from "../test/support/running-program.ts";

const context: KeyContext = { tenant: "4f1dcc16-9b5b-43aa-892e-d28f71ac7047", purpose: "raw-records", epoch: 1 };
const roundMs = 500;
const rounds = 5;

interface Halves {
  readonly sealing: Pick<SealingKeys, "generateDataKey" | "derive">;
  readonly opening: Pick<OpeningKeys, "unwrap">;
}

/** Operations a second, one after the other: the median of some rounds. */
async function rates(halves: Halves): Promise<Readonly<Record<"generate" | "unwrap" | "derive" | "reveal", number>>> {
  const { wrapped } = await halves.sealing.generateDataKey(context);
  const groups = await aPerson(halves);
  const grant = { id: "", tenant: context.tenant, subject: "s", purpose: "access-export", expiresAt: Infinity } as const;
  const opening = { ...halves.opening, provider: "local", describe: () => Promise.reject(new Error("not asked")) } as OpeningKeys;
  return {
    reveal: await perSecond(async () => {
      const opened = await openSubject(grant, groups, opening, "eu1");
      if (opened.purpose !== "access-export" || opened.values.length !== 5) throw new Error("a value did not open");
    }),
    generate: await perSecond(() => halves.sealing.generateDataKey(context)),
    unwrap: await perSecond(() => halves.opening.unwrap(wrapped, context)),
    derive: await perSecond(() => halves.sealing.derive("bench")),
  };
}

/** Four values and a tracking number, as a shop's order brings them. */
async function aPerson({ sealing }: Halves): Promise<readonly StoredGroup[]> {
  const field = (position: number, category: FieldToSeal["category"], value: string): FieldToSeal => ({ position, category, value });
  const values = [
    field(0, "name", "Ida Musterweg"),
    field(1, "email", "ida@beispiel.test"),
    field(2, "phone", "+4915112345678"),
    field(3, "street", "Lindenallee 4"),
  ];
  const parts = [
    { purpose: "personal-values", fields: values },
    { purpose: "tracking-numbers", fields: [field(0, "trackingNumber", "770000000000")] },
  ] as const;
  return Promise.all(
    parts.map(async ({ purpose, fields }): Promise<StoredGroup> => {
      const { plaintext, wrapped } = await sealing.generateDataKey({ ...context, purpose });
      const key = new KeyedHash(plaintext);
      const id = randomBytes(19);
      const keys = { "raw-records": key, "personal-values": key, "tracking-numbers": key };
      const sealed = sealGroup({ id: 1, keys }, context.tenant, { id, purpose, subject: "s", fields });
      return { ...sealed, id, record: "r", sessionId: 1, epoch: 1, wrapped };
    }),
  );
}

/** Milliseconds of an export over HTTP, from request to answer: the median of nine. */
async function exportMs(): Promise<number> {
  const program = new RunningProgram({ PARCELKEEP_AUDIT_PUBLISH_MS: "1" });
  try {
    await program.start();
    program.command("approvals", "stand-alone");
    const { tenant, apiKey } = JSON.parse(program.command("tenants", "create", "--name", "Bench", "--json"));
    const headers = { "content-type": "application/json" };
    const recipient = { name: "Ida Musterweg", email: "ida@beispiel.test", phone: "+4915112345678", street: "Lindenallee 4" };
    const order = JSON.stringify({ carrier: "gls", trackingNumber: "BENCH0001", recipient });
    await program.call("/v1/shipments", { method: "POST", key: apiKey, body: order, headers });
    const identifiers = [{ category: "email", value: recipient.email }];
    const found = await program.until(
      async () =>
        (await program.call("/v1/subjects/search", { key: apiKey, body: JSON.stringify({ identifiers }), headers })).json().items[0],
      "the person",
    );
    const measured: number[] = [];
    for (let round = 0; round < 9; round++) {
      const start = performance.now();
      const options = { method: "POST", key: program.operatorKey, headers: { "parcelkeep-tenant": tenant } };
      const answer = await program.call(`/v1/subjects/${found.id}/export`, options);
      if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
      measured.push(performance.now() - start);
    }
    return measured.toSorted((one, two) => one - two)[4]!;
  } finally {
    await program.remove();
  }
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
      await rates({
        sealing: await pkcs11SealingKeys(logins.sealing),
        opening: openingByRoot({
          opening: await pkcs11OpeningKeys(logins.opening),
          resolving: await pkcs11OpeningKeys(logins.resolving, undefined, "resolving"),
        }),
      }),
    ]);
  }
  const table = [
    "| provider | generate/s | of plain GCM | unwrap/s | of plain GCM | derive/s | reveals/s |\n|---|---|---|---|---|---|---|",
    `| AES-256-GCM in memory | ${rounded(base.generate)} | 1 | ${rounded(base.unwrap)} | 1 | | ${rounded(base.reveal)} |`,
    ...lines.map(([name, { generate, unwrap, derive, reveal }]) => {
      const ratios = [generate / base.generate, unwrap / base.unwrap].map((ratio) => ratio.toPrecision(2));
      return `| ${name} | ${rounded(generate)} | ${ratios[0]} | ${rounded(unwrap)} | ${ratios[1]} | ${rounded(derive)} | ${rounded(reveal)} |`;
    }),
    `\nAn export over HTTP, keys in files, a process started for it: ${Math.round(await exportMs())} ms.`,
  ].join("\n");
  process.stdout.write(`${table}\n`);
  if (process.env["BENCH_WRITE"] === "1") writeFileSync(join(import.meta.dirname, "RESULTS-keys.md"), results(table));
} finally {
  hsm?.remove();
  rmSync(folder, { recursive: true });
}

function results(table: string): string {
  const commit = execSync("git rev-parse --short HEAD", { encoding: "utf8" }).trim();
  const load = loadavg()[0]!.toFixed(1);
  return `# Results of \`node bench/keys.ts\`

One call after the other, medians of ${rounds} rounds of ${roundMs} ms. ${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.version}, commit ${commit}; ${load} processes were
running or waiting for the cores in the minute before the end, so the ratios say more than the rates. A reveal is one person's five values: two unwraps and two seals.

${table}
`;
}

function rounded(rate: number): string {
  return Number(rate.toPrecision(2)).toLocaleString("en");
}
