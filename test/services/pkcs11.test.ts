import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import pg from "pg";
import { keyProviderContract, type RootsUnderTest } from "../../src/vault/keys/key-provider.contract.ts";
import { type Attribute, cka, ckm, cko, type Cryptoki, type CryptokiModule, loadCryptoki } from "../../src/vault/keys/pkcs11/cryptoki.ts";
import { pkcs11OpeningKeys } from "../../src/vault/keys/pkcs11/opening.ts";
import { pkcs11SealingKeys } from "../../src/vault/keys/pkcs11/sealing.ts";
import { addPkcs11Epoch, createPkcs11Roots, type Pkcs11Logins, retirePkcs11Epochs } from "../../src/vault/keys/pkcs11/setup.ts";
import { pkcs11SigningKeys } from "../../src/vault/keys/pkcs11/signing.ts";
import { type Pkcs11Login, Token } from "../../src/vault/keys/pkcs11/token.ts";
import { parseWrap, wrapByteClasses } from "../../src/vault/keys/pkcs11/wrap-format.ts";
import { openingByRoot } from "../../src/vault/keys/opening-by-root.ts";
import type { KeyContext, KeyError } from "../../src/vault/keys/provider.ts";
import { RunningProgram } from "../support/running-program.ts";
import { softHsm, softHsmModule } from "./softhsm.ts";

const context: KeyContext = { tenant: "4f1dcc16-9b5b-43aa-892e-d28f71ac7047", purpose: "raw-records", epoch: 1 };
const isCode = (code: KeyError["code"]) => (error: KeyError) => error.code === code;

if (softHsmModule === undefined) {
  test("keys in a PKCS #11 token", { skip: "PARCELKEEP_PKCS11_MODULE names no module; .ci/run installs SoftHSM and sets it" }, () => {});
} else {
  testWith(softHsmModule);
}

function testWith(modulePath: string): void {
  const hsm = softHsm(modulePath, 17);
  after(() => hsm.remove());

  const freshRoots = async (): Promise<Pkcs11Logins> => {
    const logins = hsm.logins();
    assert.equal(await createPkcs11Roots(logins), 1);
    return logins;
  };

  keyProviderContract("pkcs11", async (): Promise<RootsUnderTest> => {
    const logins = await freshRoots();
    return {
      make: async () => ({
        sealing: await pkcs11SealingKeys(logins.sealing),
        opening: openingByRoot({
          opening: await pkcs11OpeningKeys(logins.opening),
          resolving: await pkcs11OpeningKeys(logins.resolving, undefined, "resolving"),
        }),
        resolving: openingByRoot({ resolving: await pkcs11OpeningKeys(logins.resolving, undefined, "resolving") }),
        signing: await pkcs11SigningKeys(logins.signing),
        byteClasses: () => wrapByteClasses,
        openWithSealingPowers: (wrapped) => openByAnyKey(logins.sealing, wrapped),
        openWithResolvingPowers: (wrapped) => openByAnyKey(logins.resolving, wrapped),
      }),
      addEpoch: () => addPkcs11Epoch(logins),
      retireBefore: (epoch) => retirePkcs11Epochs(logins, epoch),
    };
  });

  test("making the roots again keeps the first", async () => {
    const logins = await freshRoots();
    const before = await (await pkcs11SealingKeys(logins.sealing)).derive("x");
    assert.equal(await createPkcs11Roots(logins), 1);
    assert.deepEqual(await (await pkcs11SealingKeys(logins.sealing)).derive("x"), before);
  });

  test("each login sees the keys of its power and no other's, none of which can be read or taken out", async () => {
    const logins = await freshRoots();
    const uses = ["encrypt", "decrypt", "sign", "wrap", "unwrap", "derive"] as const;
    const seen = async (login: Pkcs11Login) =>
      (await Token.connect(login)).use(async (session) =>
        [cko.privateKey, cko.secretKey].flatMap((objectClass) =>
          session.list([{ type: cka.class, value: objectClass }]).map((handle) => {
            const has = (attribute: number): boolean => session.attributes(handle, [attribute])[0]![0] === 1;
            assert.ok(has(cka.sensitive) && !has(cka.extractable) && has(cka.private));
            const secret = objectClass === cko.secretKey ? cka.value : 0x123; // CKA_PRIVATE_EXPONENT; of EC, CKA_VALUE as well.
            assert.throws(() => session.attributes(handle, [secret]), /CKR_ATTRIBUTE/);
            const label = session.attributes(handle, [cka.label])[0]!.toString();
            return `${label}: ${uses.filter((use) => optional(() => has(cka[use]))).join(" ")}`;
          }),
        ),
      );
    assert.deepEqual(await seen(logins.sealing), ["parcelkeep/derive/e1: sign"]);
    assert.deepEqual(await seen(logins.opening), ["parcelkeep/wrap/e1: unwrap"]);
    assert.deepEqual(await seen(logins.resolving), ["parcelkeep/resolve/e1: unwrap"]);
    assert.deepEqual(await seen(logins.signing), ["parcelkeep/sign/e1: sign"]);
  });

  test("refuses to make roots that one login could both seal and open with", async () => {
    const logins = hsm.logins();
    await assert.rejects(createPkcs11Roots({ ...logins, opening: logins.sealing }), isCode("wrong-provider"));
    await assert.rejects(createPkcs11Roots({ ...logins, resolving: logins.opening }), isCode("wrong-provider"));
  });

  test("preflight sees a sealing login that could open", async () => {
    const logins = await freshRoots();
    assert.doesNotMatch((await (await pkcs11SealingKeys(logins.sealing)).describe()).warnings.join(), /may unwrap/);
    await (
      await Token.connect(logins.sealing)
    ).use(async ({ cryptoki, handle }) => {
      const template: Attribute[] = [
        { type: cka.token, value: true },
        { type: cka.valueLen, value: 32 },
        { type: cka.unwrap, value: true },
        { type: cka.label, value: "somebody's" },
      ];
      cryptoki.C_GenerateKey(handle, { mechanism: 0x1080 }, template); // CKM_AES_KEY_GEN
    });
    const told = await (await pkcs11SealingKeys(logins.sealing)).describe();
    assert.match(told.warnings.join(), /may unwrap/);
    assert.deepEqual(told.protection, { kind: "software-token" });
  });

  test("a login without roots, a label without a token and a module that is none are told apart", async () => {
    const logins = hsm.logins();
    await assert.rejects(pkcs11SealingKeys(logins.sealing), isCode("wrong-provider"));
    await assert.rejects(pkcs11SealingKeys({ ...logins.sealing, tokenLabel: "none" }), isCode("unavailable"));
    await assert.rejects(pkcs11SealingKeys({ ...logins.sealing, modulePath: "/nowhere.so" }), isCode("wrong-provider"));
  });

  test("a wrong PIN has its own error, and is not tried again", async () => {
    const logins = await freshRoots();
    const attempts = countingLogins();
    await assert.rejects(
      pkcs11OpeningKeys({ ...logins.opening, pin: "not-the-pin" }, attempts.load),
      (error: KeyError) => error.code === "refused-credentials" && !error.message.includes("not-the-pin"),
    );
    assert.equal(attempts.count(), 1);
  });

  test("a PIN that was changed under way is tried once, whatever is asked afterwards", async () => {
    const logins = await freshRoots();
    const { wrapped } = await (await pkcs11SealingKeys(logins.sealing)).generateDataKey(context);
    const attempts = countingLogins();
    const login = { ...logins.opening };
    const opening = await pkcs11OpeningKeys(login, attempts.load);
    await endSessions(logins.opening);
    login.pin = "changed";
    for (let call = 0; call < 3; call++) await assert.rejects(opening.unwrap(wrapped, context), isCode("refused-credentials"));
    assert.equal(attempts.count(), 2);
  });

  test("sessions that ended are opened again, and keys found again", async () => {
    const logins = await freshRoots();
    const sealing = await pkcs11SealingKeys(logins.sealing);
    const opening = await pkcs11OpeningKeys(logins.opening);
    const signing = await pkcs11SigningKeys(logins.signing);
    const { plaintext, wrapped } = await sealing.generateDataKey(context);
    const found = await sealing.derive("a");
    for (const login of Object.values(logins) as Pkcs11Login[]) await endSessions(login);
    assert.deepEqual(await opening.unwrap(wrapped, context), plaintext);
    assert.deepEqual(await sealing.derive("a"), found);
    assert.equal((await signing.sign(Buffer.from("m"))).keyId, (await signing.publicKey()).keyId);
  });

  for (const value of ["CKR_DEVICE_ERROR", "CKR_GENERAL_ERROR", "CKR_FUNCTION_FAILED"]) {
    test(`while the HSM answers ${value} it is away: generating goes on, the rest fails for now, and works when it is back`, async () => {
      const logins = await freshRoots();
      const hsmAway = failing(value);
      const sealing = await pkcs11SealingKeys(logins.sealing, hsmAway.load);
      const opening = await pkcs11OpeningKeys(logins.opening, hsmAway.load);
      const found = await sealing.derive("a");
      hsmAway.begin();
      const { plaintext, wrapped } = await sealing.generateDataKey(context);
      await assert.rejects(opening.unwrap(wrapped, context), isCode("unavailable"));
      await assert.rejects(sealing.derive("a"), isCode("unavailable"));
      hsmAway.end();
      assert.deepEqual(await opening.unwrap(wrapped, context), plaintext);
      assert.deepEqual(await sealing.derive("a"), found);
    });
  }

  test("a token that forbids what an unwrap needs is not mistaken for a tampered wrap", async () => {
    const logins = await freshRoots();
    const { wrapped } = await (await pkcs11SealingKeys(logins.sealing)).generateDataKey(context);
    for (const [value, code] of [
      ["CKR_TEMPLATE_INCONSISTENT", "wrong-provider"],
      ["CKR_MECHANISM_INVALID", "wrong-provider"],
      ["CKR_KEY_FUNCTION_NOT_PERMITTED", "not-permitted"],
      ["CKR_ENCRYPTED_DATA_INVALID", "refused-wrap"],
      ["CKR_GENERAL_ERROR", "refused-wrap"],
    ] as const) {
      const forbidding = failing(value, "C_UnwrapKeyAsync");
      const opening = await pkcs11OpeningKeys(logins.opening, forbidding.load);
      forbidding.begin();
      await assert.rejects(opening.unwrap(wrapped, context), isCode(code), value);
    }
  });

  test("many at once each get what is theirs", async () => {
    const logins = await freshRoots();
    const sealing = await pkcs11SealingKeys(logins.sealing);
    const opening = await pkcs11OpeningKeys(logins.opening);
    const made = await Promise.all(Array.from({ length: 40 }, () => sealing.generateDataKey(context)));
    const opened = await Promise.all(made.map(({ wrapped }) => opening.unwrap(wrapped, context)));
    assert.deepEqual(
      opened,
      made.map(({ plaintext }) => plaintext),
    );
    const derived = await Promise.all(Array.from({ length: 40 }, (_, label) => sealing.derive(String(label))));
    assert.equal(new Set(derived.map((key) => key.toString("hex"))).size, 40);
  });

  test("an epoch whose adding was cut short after the opening token knew it is completed by the next call", async () => {
    const logins = await freshRoots();
    const cutShort = failing("CKR_DEVICE_ERROR", "C_CreateObject");
    cutShort.begin();
    await assert.rejects(addPkcs11Epoch(logins, cutShort.load), isCode("unavailable"));
    assert.equal((await pkcs11SealingKeys(logins.sealing)).currentEpoch, 1);
    assert.equal(await addPkcs11Epoch(logins), 2);
    const { plaintext, wrapped } = await (await pkcs11SealingKeys(logins.sealing)).generateDataKey({ ...context, epoch: 2 });
    assert.deepEqual(await (await pkcs11OpeningKeys(logins.opening)).unwrap(wrapped, { ...context, epoch: 2 }), plaintext);
  });

  test("the program seals and opens with tokens, and keeps no key file", async (t) => {
    const logins = hsm.logins();
    const program = new RunningProgram({ ...settingsOf(logins), PARCELKEEP_AUDIT_PUBLISH_MS: "1" });
    t.after(() => program.remove());
    assert.deepEqual(JSON.parse(program.command("keys", "init", "--json")), { provider: "pkcs11", epoch: "1" });
    await program.start();
    program.command("approvals", "stand-alone");
    const made = JSON.parse(program.command("tenants", "create", "--name", "Tokens", "--json"));
    const accepted = await program.call("/v1/shipments", {
      method: "POST",
      key: made.apiKey,
      body: JSON.stringify({
        trackingNumber: "P11-778899",
        carrier: "gls",
        recipient: { name: "Ida Musterweg", email: "ida@beispiel.test" },
      }),
      headers: { "content-type": "application/json" },
    });
    assert.equal(accepted.status, 202);
    assert.ok(!existsSync(join(program.dataDir, "keys")));
    const database = new pg.Client({ connectionString: program.databaseUrl });
    await database.connect();
    const { rows } = await database.query<{ subject: string }>("select distinct subject from parcelkeep.sealed_groups");
    await database.end();
    const opened = await program.call(`/v1/subjects/${rows[0]!.subject}/export`, {
      method: "POST",
      key: program.operatorKey,
      headers: { "parcelkeep-tenant": made.tenant },
    });
    assert.equal(opened.status, 200, opened.text);
    assert.deepEqual((opened.json().values as { value: string }[]).map(({ value }) => value).toSorted(), [
      "Ida Musterweg",
      "P11-778899",
      "ida@beispiel.test",
    ]);
    const told = JSON.parse(program.command("keys", "preflight", "--json"));
    assert.equal(told.sealing.derivationRoot, "provider-hmac");
    assert.equal(told.opening.protection.kind, "software-token");
    assert.equal(told.resolving.currentEpoch, 1);
  });

  test("the program does not start with a wrong PIN, and tries it once", async (t) => {
    const logins = await freshRoots();
    const program = new RunningProgram({ ...settingsOf(logins), PARCELKEEP_PKCS11_SEALING_PIN: "not-the-pin" });
    t.after(() => program.remove());
    await assert.rejects(program.start(), /the outbound process ended while starting \(exit code 78\)/);
    assert.equal(program.output.match(/CKR_PIN_INCORRECT/g)?.length, 1);
    assert.ok(!program.output.includes("not-the-pin"));
  });
}

/** The settings that name the logins, as an operator sets them. */
function settingsOf({ sealing, opening, resolving, signing }: Pkcs11Logins): NodeJS.ProcessEnv {
  return {
    PARCELKEEP_KEYS: "pkcs11",
    PARCELKEEP_PKCS11_MODULE: sealing.modulePath,
    PARCELKEEP_PKCS11_SEALING_TOKEN: sealing.tokenLabel,
    PARCELKEEP_PKCS11_SEALING_PIN: sealing.pin,
    PARCELKEEP_PKCS11_OPENING_TOKEN: opening.tokenLabel,
    PARCELKEEP_PKCS11_OPENING_PIN: opening.pin,
    PARCELKEEP_PKCS11_RESOLVING_TOKEN: resolving.tokenLabel,
    PARCELKEEP_PKCS11_RESOLVING_PIN: resolving.pin,
    PARCELKEEP_PKCS11_SIGNING_TOKEN: signing.tokenLabel,
    PARCELKEEP_PKCS11_SIGNING_PIN: signing.pin,
  };
}

/** What a controlled ingress process can try: every key that its login sees, as the key to unwrap with. */
async function openByAnyKey(login: Pkcs11Login, wrapped: Uint8Array): Promise<Buffer | null> {
  const token = await Token.connect(login);
  const { encryptedKey, oaep } = parseWrap(wrapped)!;
  const parameter = { type: token.oaepParameters, hashAlg: oaep.hashAlg, mgf: oaep.mgf, source: 1 };
  return token.use(async (session) => {
    for (const handle of session.list([])) {
      try {
        const template = [
          { type: cka.class, value: cko.secretKey },
          { type: cka.keyType, value: 0x1f },
          { type: cka.sensitive, value: false },
        ];
        const key = await session.cryptoki.C_UnwrapKeyAsync(
          session.handle,
          { mechanism: ckm.rsaPkcsOaep, parameter },
          handle,
          encryptedKey,
          template,
        );
        return session.attributes(key, [cka.value])[0]!;
      } catch {
        // The next one.
      }
    }
    return null;
  });
}

/** Ends all sessions of this process on a token, and with them the login, as a module does that lost its HSM. */
async function endSessions(login: Pkcs11Login): Promise<void> {
  const { cryptoki } = await loadCryptoki(login.modulePath);
  const slot = cryptoki.C_GetSlotList(true).find((each) => cryptoki.C_GetTokenInfo(each).label.trim() === login.tokenLabel)!;
  (cryptoki as Cryptoki & { C_CloseAllSessions(slot: Buffer): void }).C_CloseAllSessions(slot);
}

function countingLogins(): { readonly load: (path: string) => Promise<CryptokiModule>; readonly count: () => number } {
  let count = 0;
  return {
    load: intercepted((call) => {
      if (call === "C_Login") count++;
    }),
    count: () => count,
  };
}

/** A module whose calls fail with a return value from `begin` to `end`: all, or one. */
function failing(value: string, only?: string) {
  let isAway = false;
  return {
    load: intercepted((call) => {
      if (isAway && (only === undefined || call === only)) throw new Error(value);
    }),
    begin: () => void (isAway = true),
    end: () => void (isAway = false),
  };
}

function intercepted(before: (call: string) => void): (path: string) => Promise<CryptokiModule> {
  return async (path) => {
    const module = await loadCryptoki(path);
    const cryptoki = new Proxy(module.cryptoki, {
      get: (target, name) => {
        const call = Reflect.get(target, name) as (...given: unknown[]) => unknown;
        return (...given: unknown[]) => {
          before(String(name));
          return call.apply(target, given);
        };
      },
    });
    return { ...module, cryptoki };
  };
}

function optional(ask: () => boolean): boolean {
  try {
    return ask();
  } catch {
    return false;
  }
}
