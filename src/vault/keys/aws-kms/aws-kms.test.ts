import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { inspect } from "node:util";
import { GenerateDataKeyWithoutPlaintextCommand } from "@aws-sdk/client-kms";
import { documentedPolicies } from "../../../../test/support/documented-policies.ts";
import { type Failure, type FakeKms, fakeKms, type KeyOptions, type Policy } from "../../../../test/support/fake-kms.ts";
import { IngestSessions, sessionRecordsMax } from "../../ingest-session.ts";
import { keyProviderContract, type RootsUnderTest } from "../key-provider.contract.ts";
import { type KeyContext, KeyError } from "../provider.ts";
import { isSignatureOf } from "../signature.ts";
import { connectKms } from "./aws-connection.ts";
import { awsKmsOpeningKeys } from "./aws-opening.ts";
import { describeKmsHalves } from "./aws-preflight.ts";
import { awsKmsSealingKeys } from "./aws-sealing.ts";
import { awsKmsSigningKeys } from "./aws-signing.ts";
import { sovereignPlace } from "../../../aws/place.ts";
import type { AwsKmsSettings } from "./settings.ts";

/*
 * Against the fake of test/support/fake-kms.ts, which enforces policies, key states and the encryption context, with callers under the very policies
 * that docs/operations/keys-aws.md gives. What this cannot prove: that IAM and KMS read those as the fake does, what CloudTrail writes, and
 * what stands behind a key store. test/services/aws-kms.test.ts runs the same contract against an emulator that others wrote.
 */
let kms: FakeKms;
before(async () => void (kms = await fakeKms()));
after(() => kms.close());
beforeEach(() => void kms.takeTrail());

const context: KeyContext = { tenant: "4f1dcc16-9b5b-43aa-892e-d28f71ac7047", purpose: "personal-values", epoch: 1 };
const isCode = (code: KeyError["code"]) => (error: unknown) => error instanceof KeyError && error.code === code;

type Caller = "ingress" | "opener" | "outbound" | "sequencer" | "operator";
const emulatorFor = (caller: Caller) => ({ endpoint: kms.endpoint, credentials: { accessKeyId: caller, secretAccessKey: "none" } });
const as = (caller: Caller, settings: AwsKmsSettings): AwsKmsSettings => ({ ...settings, emulator: emulatorFor(caller) });

interface World {
  readonly settings: AwsKmsSettings;
  readonly signingKey: string;
}
type Root = "provider-hmac" | "wrapped-secret";

/** Keys and callers as the page on operations has them made. */
async function freshWorld(root: Root = "provider-hmac", options: KeyOptions = {}): Promise<World> {
  const key = kms.createKey("SYMMETRIC_DEFAULT", options);
  const derivationKey = kms.createKey(root === "provider-hmac" ? "HMAC_256" : "SYMMETRIC_DEFAULT", root === "provider-hmac" ? {} : options);
  const signingKey = kms.createKey("ECC_NIST_EDWARDS25519");
  const wrappedSecret = root === "provider-hmac" ? null : await newSecret(derivationKey, 1);
  const settings = {
    place: sovereignPlace,
    emulator: null,
    keys: new Map([[1, key]]),
    derivation: new Map([[1, { key: derivationKey, wrappedSecret }]]),
  };
  restrictAsDocumented([key], [derivationKey], signingKey, root);
  return { settings, signingKey };
}

/** As the operator of a custom key store makes it. */
async function newSecret(key: string, epoch: number): Promise<Uint8Array> {
  const client = connectKms({ place: sovereignPlace, emulator: emulatorFor("operator") });
  const request = { KeyId: key, KeySpec: "AES_256", EncryptionContext: { purpose: "derivation-root", epoch: String(epoch) } } as const;
  return (await client.send(new GenerateDataKeyWithoutPlaintextCommand(request))).CiphertextBlob!;
}

function restrictAsDocumented(epochKeys: readonly string[], derivationKeys: readonly string[], signingKey: string, root: Root): void {
  const each = epochKeys.flatMap((key) =>
    derivationKeys.map((derivationKey) => documentedPolicies({ EPOCH_KEY_1: key, DERIVATION_KEY: derivationKey, SIGNING_KEY: signingKey })),
  );
  const of = (...titles: readonly string[]): Policy => ({
    Statement: each.flatMap((policies) => titles.flatMap((title) => policies.get(title)!.Statement)),
  });
  kms.restrict("ingress", of("ingress", root === "provider-hmac" ? "derivation by HMAC" : "derivation by a wrapped secret"));
  kms.restrict("opener", of("opener"));
  kms.restrict("outbound", of("outbound"));
  kms.restrict("sequencer", of("sequencer"));
}

for (const root of ["provider-hmac", "wrapped-secret"] as const) {
  keyProviderContract(`aws-kms with ${root}`, async (): Promise<RootsUnderTest> => {
    const { settings, signingKey } = await freshWorld(root);
    const keys = new Map(settings.keys);
    const derivation = new Map(settings.derivation);
    const halves = { ...settings, keys, derivation };
    return {
      make: async () => ({
        sealing: awsKmsSealingKeys(as("ingress", halves)),
        opening: awsKmsOpeningKeys(as("opener", halves)),
        resolving: awsKmsOpeningKeys(as("outbound", halves)),
        signing: awsKmsSigningKeys(as("sequencer", halves), signingKey),
        byteClasses: (wrapped) => ({ first: 0, key: 20, middle: wrapped.length >> 1, last: wrapped.length - 1 }),
        // Whoever took ingress over may ask KMS for anything that its role allows.
        openWithSealingPowers: (wrapped, wrappedFor) => awsKmsOpeningKeys(as("ingress", halves)).unwrap(wrapped, wrappedFor),
        openWithResolvingPowers: (wrapped, wrappedFor) => awsKmsOpeningKeys(as("outbound", halves)).unwrap(wrapped, wrappedFor),
      }),
      async addEpoch() {
        const epoch = Math.max(...keys.keys()) + 1;
        keys.set(epoch, kms.createKey("SYMMETRIC_DEFAULT"));
        const { key } = derivation.get(1)!;
        const other =
          root === "provider-hmac"
            ? { key: kms.createKey("HMAC_256"), wrappedSecret: null }
            : { key, wrappedSecret: await newSecret(key, epoch) };
        derivation.set(epoch, other);
        restrictAsDocumented(
          [...keys.values()],
          Array.from(derivation.values(), (each) => each.key),
          signingKey,
          root,
        );
        return epoch;
      },
      async retireBefore(epoch) {
        for (const each of [...keys.keys()]) if (each < epoch) keys.delete(each);
      },
    };
  });
}

test("a key of another partition or region, and an alias, are refused before anything is asked", async () => {
  const { settings } = await freshWorld();
  const key = settings.keys.get(1)!;
  kms.takeTrail();
  const elsewhere = [
    [key.replace("arn:aws-eusc:", "arn:aws:"), /wrong partition/],
    [key.replace("arn:aws-eusc:", "arn:aws-cn:"), /wrong partition/],
    [key.replace("eusc-de-east-1", "eusc-de-east-2"), /wrong region/],
    [key.replace(/:key.*/, ":alias/parcelkeep"), /not an alias/],
    [key.split("/")[1]!, /not an alias/],
    [key.replace(":kms:", ":s3:"), /not an alias/],
  ] as const;
  for (const [arn, message] of elsewhere) {
    const isRefused = (error: unknown): boolean => isCode("wrong-provider")(error) && message.test((error as KeyError).message);
    const other = as("ingress", {
      ...settings,
      keys: new Map([
        [1, key],
        [2, arn],
      ]),
    });
    assert.throws(() => awsKmsSealingKeys(other), isRefused);
    assert.throws(() => awsKmsOpeningKeys(other), isRefused);
    assert.throws(() => awsKmsSigningKeys(other, arn), isRefused);
    assert.throws(
      () => awsKmsSealingKeys(as("ingress", { ...settings, derivation: new Map([[1, { key: arn, wrappedSecret: null }]]) })),
      isRefused,
    );
  }
  assert.deepEqual(kms.takeTrail(), []);
});

test("the policies that the page gives let each role do its work and nothing else", async () => {
  const { settings, signingKey } = await freshWorld("wrapped-secret");
  const sealing = awsKmsSealingKeys(as("ingress", settings));
  const { wrapped } = await sealing.generateDataKey(context);
  await sealing.derive("a");
  await assert.rejects(awsKmsOpeningKeys(as("ingress", settings)).unwrap(wrapped, context), isCode("not-permitted"));
  await assert.rejects(awsKmsSigningKeys(as("ingress", settings), signingKey).sign(Buffer.from("m")), isCode("not-permitted"));
  // The right to unwrap the derivation secret reaches no data key, even one that lies under the same key.
  const underRoot: AwsKmsSettings = { ...settings, keys: new Map([[1, settings.derivation.get(1)!.key]]) };
  const other = await awsKmsSealingKeys(as("operator", underRoot)).generateDataKey(context);
  await assert.rejects(awsKmsOpeningKeys(as("ingress", underRoot)).unwrap(other.wrapped, context), isCode("not-permitted"));
  await assert.rejects(awsKmsSealingKeys(as("opener", settings)).generateDataKey(context), isCode("not-permitted"));
  await assert.rejects(awsKmsSealingKeys(as("opener", settings)).derive("a"), isCode("not-permitted"));
  await assert.rejects(awsKmsOpeningKeys(as("sequencer", settings)).unwrap(wrapped, context), isCode("not-permitted"));
});

test("the preflight tells each role the half that it has a right to, and warns one that has both", async () => {
  const { settings } = await freshWorld();
  const ingress = await describeKmsHalves(as("ingress", settings));
  assert.ok(ingress.sealing !== null && ingress.opening === null);
  const opener = await describeKmsHalves(as("opener", settings));
  assert.ok(opener.sealing === null && opener.opening !== null);
  const { sealing, opening, resolving } = await describeKmsHalves(as("operator", settings));
  for (const half of [sealing, opening, resolving]) assert.match(half!.warnings.join(), /may seal and open/);
  // Tried without opening anything.
  assert.deepEqual(
    new Set(kms.takeTrail().flatMap(({ operation, context: told }) => (operation === "Decrypt" ? [told["tenant"]] : []))),
    new Set(["00000000-0000-0000-0000-000000000000"]),
  );
  kms.failNext(1, kmsError("DisabledException"));
  await assert.rejects(describeKmsHalves(as("ingress", settings)), isCode("disabled-key"));
});

test("the code that ingress loads asks KMS to open nothing but the derivation secret", () => {
  const opens = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .filter((file) =>
      /Decrypt|ReEncrypt/.test(readFileSync(`${import.meta.dirname}/${file}`, "utf8").replaceAll(/^ *(\/?\*|\/\/).*$/gm, "")),
    );
  assert.deepEqual(opens, ["aws-derivation.ts", "aws-opening.ts", "aws-preflight.ts"]);
  assert.doesNotMatch(readFileSync(`${import.meta.dirname}/aws-sealing.ts`, "utf8"), /aws-(opening|preflight)/);
});

test("what stands in the provider's log is tenant by id, purpose and epoch, and a tenant that is no id is refused", async () => {
  const { settings } = await freshWorld();
  const { wrapped } = await awsKmsSealingKeys(as("ingress", settings)).generateDataKey(context);
  await awsKmsOpeningKeys(as("opener", settings)).unwrap(wrapped, context);
  const keyId = settings.keys.get(1)!;
  const clear = { tenant: context.tenant, purpose: "personal-values", epoch: "1" };
  assert.deepEqual(kms.takeTrail(), [
    { operation: "GenerateDataKey", caller: "ingress", keyId, context: clear },
    { operation: "Decrypt", caller: "opener", keyId, context: clear },
  ]);
  const named = { ...context, tenant: "Erika Mustermann" };
  await assert.rejects(awsKmsSealingKeys(as("ingress", settings)).generateDataKey(named), isCode("wrong-provider"));
  await assert.rejects(awsKmsOpeningKeys(as("opener", settings)).unwrap(wrapped, named), isCode("wrong-provider"));
  assert.deepEqual(kms.takeTrail(), []);
});

test("the derivation secret is unwrapped once, also for many at a time, and again after a failure", async () => {
  const { settings } = await freshWorld("wrapped-secret");
  kms.takeTrail();
  const sealing = awsKmsSealingKeys(as("ingress", settings));
  kms.failNext(1, { status: 400, name: "AccessDeniedException" });
  await assert.rejects(sealing.derive("a"), isCode("not-permitted"));
  const derived = await Promise.all(["a", "b", "a", "c"].map((label) => sealing.derive(label)));
  assert.deepEqual(derived[0], derived[2]);
  assert.deepEqual(
    kms.takeTrail().map(({ operation, context: told }) => [operation, told]),
    Array.from({ length: 2 }, () => ["Decrypt", { purpose: "derivation-root", epoch: "1" }]),
  );
});

test("a derivation secret of another epoch is refused", async () => {
  const { settings } = await freshWorld("wrapped-secret");
  const first = settings.derivation.get(1)!;
  const swapped = awsKmsSealingKeys(as("ingress", { ...settings, derivation: new Map([[2, first]]) }));
  await assert.rejects(swapped.derive("a", 2), isCode("refused-wrap"));
});

test("signs by either kind of key, and refuses another", async () => {
  const settings = { place: sovereignPlace, emulator: emulatorFor("operator") };
  const message = randomBytes(4096);
  for (const [spec, algorithm] of [
    ["ECC_NIST_P256", "ECDSA-P256-SHA256"],
    ["ECC_NIST_EDWARDS25519", "Ed25519"],
  ] as const) {
    const signing = awsKmsSigningKeys(settings, kms.createKey(spec));
    const signature = await signing.sign(message);
    assert.equal(signature.algorithm, algorithm);
    assert.ok(isSignatureOf(await signing.publicKey(), message, signature));
  }
  assert.deepEqual(
    kms.takeTrail().map(({ operation }) => operation),
    ["GetPublicKey", "Sign", "GetPublicKey", "Sign"],
  );
  for (const spec of ["HMAC_256", "RSA_2048"] as const) {
    await assert.rejects(awsKmsSigningKeys(settings, kms.createKey(spec)).sign(message), isCode("wrong-provider"));
  }
});

const kmsError = (name: string, status = 400): Failure => ({
  status,
  name,
  message: "User: arn:aws-eusc:sts::111122223333:assumed-role/x is hidden",
});
const failures: readonly (readonly [what: string, failure: Failure, times: number, code: KeyError["code"]])[] = [
  ["throttling", kmsError("ThrottlingException"), 3, "unavailable"],
  ["a limit", kmsError("LimitExceededException"), 3, "unavailable"],
  ["a denial", kmsError("AccessDeniedException"), 1, "not-permitted"],
  ["a disabled key", kmsError("DisabledException"), 1, "disabled-key"],
  ["a missing key", kmsError("NotFoundException"), 1, "wrong-provider"],
  ["a key of another kind", kmsError("InvalidKeyUsageException"), 1, "wrong-provider"],
  ["wrong credentials", kmsError("UnrecognizedClientException"), 1, "refused-credentials"],
  ["an expired session", kmsError("ExpiredTokenException"), 1, "refused-credentials"],
  ["a key store that is away", kmsError("KeyUnavailableException", 500), 3, "unavailable"],
  ["an error within KMS", kmsError("KMSInternalException", 500), 3, "unavailable"],
  ["an error that nobody has seen yet", kmsError("NewException"), 1, "unavailable"],
  ["a gateway's page", "unreadable", 3, "unavailable"],
  ["a cut connection", "cut", 3, "unavailable"],
];

for (const [what, failure, times, code] of failures) {
  test(`${what} is ${code} after ${times} attempt(s), and tells nothing of the request`, async () => {
    const { settings } = await freshWorld();
    const sealing = awsKmsSealingKeys(as("ingress", settings));
    const dataKey = Buffer.from("0123456789abcdef0123456789abcdef");
    kms.failNext(times, failure);
    await assert.rejects(sealing.wrap(dataKey, context), (error: unknown) => {
      const shown = inspect(error, { depth: 10, showHidden: true });
      for (const secret of [dataKey.toString(), dataKey.toString("base64"), context.tenant, "hidden", "arn:"])
        assert.ok(!shown.includes(secret), secret);
      return isCode(code)(error);
    });
    // Exactly so many were used up: the next call is answered.
    assert.ok((await sealing.wrap(dataKey, context)).length > 0);
  });
}

test("throttling that ends within the attempts is not seen", async () => {
  const { settings } = await freshWorld();
  kms.failNext(2, kmsError("ThrottlingException"));
  assert.equal((await awsKmsSealingKeys(as("ingress", settings)).generateDataKey(context)).plaintext.length, 32);
});

test("an answer that never comes is unavailable, in bounded time", async () => {
  const { settings } = await freshWorld();
  kms.failNext(3, "silent");
  const sealing = awsKmsSealingKeys({ ...settings, emulator: { ...emulatorFor("ingress"), timeoutMs: 50 } });
  await assert.rejects(sealing.generateDataKey(context), isCode("unavailable"));
  assert.equal((await sealing.generateDataKey(context)).plaintext.length, 32);
});

test("a refused connection is unavailable", async () => {
  const { settings } = await freshWorld();
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  await new Promise((closed) => server.close(closed));
  const gone = { ...settings, emulator: { ...emulatorFor("ingress"), endpoint } };
  await assert.rejects(
    awsKmsSealingKeys(gone).generateDataKey(context),
    (error: unknown) => isCode("unavailable")(error) && /ECONNREFUSED/.test(inspect(error)),
  );
});

test("a key that waits for its deletion is told apart from a key store that is away", async () => {
  const { settings } = await freshWorld();
  const key = settings.keys.get(1)!;
  const sealing = awsKmsSealingKeys(as("ingress", settings));
  const { wrapped } = await sealing.generateDataKey(context);
  for (const [state, code] of [
    ["Disabled", "disabled-key"],
    ["PendingDeletion", "disabled-key"],
    ["Unavailable", "unavailable"],
  ] as const) {
    kms.setState(key, state);
    await assert.rejects(sealing.generateDataKey(context), isCode(code));
    await assert.rejects(awsKmsOpeningKeys(as("opener", settings)).unwrap(wrapped, context), isCode(code));
    assert.match((await sealing.describe()).warnings.join(), new RegExp(`in state ${state}`));
  }
  kms.setState(key, "Enabled");
  assert.equal((await awsKmsOpeningKeys(as("opener", settings)).unwrap(wrapped, context)).length, 32);
});

test("a wrap of another key is refused although the caller may use both", async () => {
  const { settings } = await freshWorld();
  const operator = as("operator", settings);
  const foreign: AwsKmsSettings = { ...operator, keys: new Map([[1, kms.createKey("SYMMETRIC_DEFAULT")]]) };
  const { wrapped } = await awsKmsSealingKeys(foreign).generateDataKey(context);
  await assert.rejects(awsKmsOpeningKeys(operator).unwrap(wrapped, context), isCode("refused-wrap"));
});

test("describes what KMS tells of the keys: origin, root, and what an operator should know", async () => {
  const own = await awsKmsSealingKeys(as("ingress", (await freshWorld()).settings)).describe();
  assert.deepEqual(own.protection, { kind: "kms", origin: "AWS_KMS", fips: null });
  assert.equal(own.derivationRoot, "provider-hmac");
  assert.ok(own.recordedOperations.includes("derive") && own.recordedOperations.includes("unwrap"));
  assert.match(own.location, /eusc-de-east-1, partition aws-eusc$/);
  assert.match(own.warnings.join(), /may be an emulator/);

  const store = await awsKmsOpeningKeys(
    as("opener", (await freshWorld("wrapped-secret", { origin: "EXTERNAL_KEY_STORE" })).settings),
  ).describe();
  assert.deepEqual(store.protection, { kind: "kms", origin: "EXTERNAL_KEY_STORE", fips: null });
  assert.equal(store.derivationRoot, "wrapped-secret");
  assert.ok(!store.recordedOperations.includes("derive"));
  assert.match(store.warnings.join(), /derivation root is in .* memory/);

  const imported = await awsKmsSealingKeys(
    as("ingress", (await freshWorld("provider-hmac", { origin: "EXTERNAL", multiRegion: true })).settings),
  ).describe();
  assert.match(imported.warnings.join(), /was imported.*multi-Region/);
});

test("a key of another kind than it is named for is found by describing", async () => {
  const { settings } = await freshWorld("wrapped-secret");
  const asMac = new Map([[1, { ...settings.derivation.get(1)!, wrappedSecret: null }]]);
  await assert.rejects(awsKmsSealingKeys(as("operator", { ...settings, derivation: asMac })).describe(), isCode("wrong-provider"));
});

test("a thousand records of a tenant cost three calls: no KMS on the hot path", async () => {
  const { settings } = await freshWorld();
  const stored: number[] = [];
  const sessions = new IngestSessions(awsKmsSealingKeys(as("ingress", settings)), async () => stored.push(1), Date.now);
  const recordsPerBatch = 10;
  for (let sealed = 0; sealed < 1_000; sealed += recordsPerBatch) await sessions.take(context.tenant, recordsPerBatch);
  assert.deepEqual(
    kms
      .takeTrail()
      .map(({ operation, context: told }) => `${operation} ${told["purpose"]}`)
      .toSorted(),
    ["GenerateDataKey personal-values", "GenerateDataKey raw-records", "GenerateDataKey tracking-numbers"],
  );
  await sessions.take(context.tenant, sessionRecordsMax);
  assert.equal(kms.takeTrail().length, 3);
  assert.equal(stored.length, 2);
});

test("while KMS is away a tenant's records are sealed until the session ends, and then refused until it is back", async () => {
  const { settings } = await freshWorld();
  const sessions = new IngestSessions(awsKmsSealingKeys(as("ingress", settings)), async () => 1, Date.now);
  const held = await sessions.take(context.tenant, 1);
  // Three sessions' keys are asked for together, with one attempt each for an error that is not retried.
  kms.failNext(3, kmsError("DisabledException"));
  assert.equal(await sessions.take(context.tenant, 100), held);
  await assert.rejects(sessions.take(context.tenant, sessionRecordsMax), isCode("disabled-key"));
  assert.notEqual(await sessions.take(context.tenant, sessionRecordsMax), held);
});
