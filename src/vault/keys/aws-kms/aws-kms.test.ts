import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { inspect } from "node:util";
import { GenerateDataKeyWithoutPlaintextCommand } from "@aws-sdk/client-kms";
import { type Failure, type FakeKms, fakeKms, type KeyOptions, type Policy } from "../../../../test/support/fake-kms.ts";
import { IngestSessions, sessionRecordsMax } from "../../ingest-session.ts";
import { keyProviderContract, type RootsUnderTest } from "../key-provider.contract.ts";
import { type KeyContext, KeyError } from "../provider.ts";
import { isSignatureOf } from "../signature.ts";
import { connectKms } from "./aws-connection.ts";
import { awsKmsOpeningKeys } from "./aws-opening.ts";
import { awsKmsSealingKeys } from "./aws-sealing.ts";
import { awsKmsSigningKeys } from "./aws-signing.ts";
import { keyArnIn, keyPlace, requireHostIn, sovereignPlace } from "./key-arn.ts";
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

type Caller = "ingress" | "opener" | "sequencer" | "operator";
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
  restrictAsDocumented([key], derivationKey, signingKey, root);
  return { settings, signingKey };
}

/** As the operator of a custom key store makes it. */
async function newSecret(key: string, epoch: number): Promise<Uint8Array> {
  const client = connectKms({ place: sovereignPlace, emulator: emulatorFor("operator") });
  const request = { KeyId: key, KeySpec: "AES_256", EncryptionContext: { purpose: "derivation-root", epoch: String(epoch) } } as const;
  return (await client.send(new GenerateDataKeyWithoutPlaintextCommand(request))).CiphertextBlob!;
}

function restrictAsDocumented(epochKeys: readonly string[], derivationKey: string, signingKey: string, root: Root): void {
  const each = epochKeys.map((key) => documentedPolicies({ EPOCH_KEY_1: key, DERIVATION_KEY: derivationKey, SIGNING_KEY: signingKey }));
  const of = (...titles: readonly string[]): Policy => ({
    Statement: each.flatMap((policies) => titles.flatMap((title) => policies.get(title)!.Statement)),
  });
  kms.restrict("ingress", of("ingress", root === "provider-hmac" ? "derivation by HMAC" : "derivation by a wrapped secret"));
  kms.restrict("opener", of("opener"));
  kms.restrict("sequencer", of("sequencer"));
}

/** The policies of the page by their title, with keys in the place of its names. */
function documentedPolicies(arns: Readonly<Record<string, string>>): ReadonlyMap<string, Policy> {
  const page = readFileSync(new URL("../../../../docs/operations/keys-aws.md", import.meta.url), "utf8");
  return new Map(
    Array.from(page.matchAll(/^### Policy: (.+)\n(?:(?!^### )[^])*?```json\n([^]*?)```/gm), ([, title, text]) => {
      const filled = text!.replaceAll(/arn:aws-eusc:kms:eusc-de-east-1:111122223333:key\/([A-Z_0-9]+)/g, (_, name: string) => arns[name]!);
      return [title!, JSON.parse(filled) as Policy];
    }),
  );
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
        signing: awsKmsSigningKeys(as("sequencer", halves), signingKey),
        byteClasses: (wrapped) => ({ first: 0, key: 20, middle: wrapped.length >> 1, last: wrapped.length - 1 }),
        // Whoever took ingress over may ask KMS for anything that its role allows.
        openWithSealingPowers: (wrapped, wrappedFor) => awsKmsOpeningKeys(as("ingress", halves)).unwrap(wrapped, wrappedFor),
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
        for (const each of derivation.values()) restrictAsDocumented([...keys.values()], each.key, signingKey, root);
        return epoch;
      },
      async retireBefore(epoch) {
        for (const each of [...keys.keys()]) if (each < epoch) keys.delete(each);
      },
    };
  });
}
