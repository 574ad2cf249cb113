import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import {
  CreateKeyCommand,
  DisableKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  type KeySpec,
  type KeyUsageType,
} from "@aws-sdk/client-kms";
import { connectKms } from "../../src/vault/keys/aws-kms/aws-connection.ts";
import { awsKmsOpeningKeys } from "../../src/vault/keys/aws-kms/aws-opening.ts";
import { awsKmsSealingKeys } from "../../src/vault/keys/aws-kms/aws-sealing.ts";
import { awsKmsSigningKeys } from "../../src/vault/keys/aws-kms/aws-signing.ts";
import { sovereignPlace } from "../../src/aws/place.ts";
import type { AwsKmsSettings } from "../../src/vault/keys/aws-kms/settings.ts";
import { keyProviderContract } from "../../src/vault/keys/key-provider.contract.ts";
import { openingByRoot } from "../../src/vault/keys/opening-by-root.ts";
import type { KeyContext } from "../../src/vault/keys/provider.ts";

/*
 * The contract over the wire against moto's server (PyPI `moto[server]`, 5.2.5): PARCELKEEP_TEST_AWS_ENDPOINT=http://127.0.0.1:5000.
 *
 * What holds here holds against a KMS that others wrote: the wire format, AES-256 data keys, the context as authenticated data, HMAC, ECDSA.
 * What an emulator cannot prove, and this one does not try:
 * - IAM: every caller may do everything, so that ingress cannot open is shown by the fake of test/support/fake-kms.ts under the documented policies.
 * - The whole context: moto joins names and values without a border; the fake does not.
 * - Key states: a disabled key goes on working in moto (checked below, so that we learn when that changes).
 * - Ed25519, key stores, imported material, quotas, CloudTrail, the host names of the region.
 * In one place moto is corrected on the way: where a wrap's own key reference is damaged it answers AccessDeniedException without a word, and KMS, asked with a
 * KeyId, InvalidCiphertextException (API reference, Decrypt).
 */
const given = process.env["PARCELKEEP_TEST_AWS_ENDPOINT"];

if (given === undefined) {
  test("aws-kms on an emulator", { skip: "PARCELKEEP_TEST_AWS_ENDPOINT names no emulator" }, () => {});
} else {
  runAgainst(given);
}

function runAgainst(moto: string): void {
  let endpoint = "";
  const corrected = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { host: _, connection: __, ...headers } = request.headers as Record<string, string>;
      const answer = await fetch(moto, { method: "POST", headers, body: Buffer.concat(chunks) });
      const body = await answer.text();
      const isQuirk = headers["x-amz-target"] === "TrentService.Decrypt" && body === '{"__type":"AccessDeniedException"}';
      response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" });
      response.end(isQuirk ? '{"__type":"InvalidCiphertextException"}' : body);
    })();
  });
  before(async () => {
    await new Promise<void>((listening) => corrected.listen(0, "127.0.0.1", listening));
    endpoint = `http://127.0.0.1:${(corrected.address() as AddressInfo).port}`;
  });
  after(() => {
    corrected.closeAllConnections();
    corrected.close();
  });

  const emulated = () => ({
    place: sovereignPlace,
    emulator: { endpoint, credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none" } },
  });
  const createKey = async (spec: KeySpec, usage: KeyUsageType): Promise<string> => {
    const { KeyMetadata } = await connectKms(emulated()).send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: usage }));
    return KeyMetadata!.Arn!;
  };
  const wrappedSecret = async (key: string, epoch: number): Promise<Uint8Array> => {
    const request = { KeyId: key, KeySpec: "AES_256", EncryptionContext: { purpose: "derivation-root", epoch: String(epoch) } } as const;
    return (await connectKms(emulated()).send(new GenerateDataKeyWithoutPlaintextCommand(request))).CiphertextBlob!;
  };

  for (const root of ["provider-hmac", "wrapped-secret"] as const) {
    const derivationOf = async (epoch: number) => {
      if (root === "provider-hmac") return { key: await createKey("HMAC_256", "GENERATE_VERIFY_MAC"), wrappedSecret: null };
      const key = await createKey("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
      return { key, wrappedSecret: await wrappedSecret(key, epoch) };
    };
    keyProviderContract(`aws-kms on moto with ${root}`, async () => {
      const keys = new Map([[1, await createKey("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")]]);
      const derivation = new Map([[1, await derivationOf(1)]]);
      const signingKey = await createKey("ECC_NIST_P256", "SIGN_VERIFY");
      const settings: AwsKmsSettings = { ...emulated(), keys, derivation };
      return {
        make: async () => ({
          sealing: awsKmsSealingKeys(settings),
          opening: awsKmsOpeningKeys(settings),
          resolving: openingByRoot({ resolving: awsKmsOpeningKeys(settings) }),
          signing: awsKmsSigningKeys(settings, signingKey),
          byteClasses: (wrapped) => ({ first: 0, key: 20, middle: wrapped.length >> 1, last: wrapped.length - 1 }),
          // Nothing to try here: moto knows no rights. See the head of this file.
          openWithSealingPowers: async () => null,
          openWithResolvingPowers: async () => null,
        }),
        async addEpoch() {
          const epoch = Math.max(...keys.keys()) + 1;
          keys.set(epoch, await createKey("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"));
          derivation.set(epoch, await derivationOf(epoch));
          return epoch;
        },
        async retireBefore(epoch) {
          for (const each of [...keys.keys()]) if (each < epoch) keys.delete(each);
        },
      };
    });
  }

  test("moto: a disabled key goes on working, so states are not proven here", async () => {
    const key = await createKey("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    const derivation = new Map([[1, { key: await createKey("HMAC_256", "GENERATE_VERIFY_MAC"), wrappedSecret: null }]]);
    const sealing = awsKmsSealingKeys({ ...emulated(), keys: new Map([[1, key]]), derivation });
    // By its bare id: moto fails for an ARN here.
    await connectKms(emulated()).send(new DisableKeyCommand({ KeyId: key.slice(key.lastIndexOf("/") + 1) }));
    const context: KeyContext = { tenant: "4f1dcc16-9b5b-43aa-892e-d28f71ac7047", purpose: "raw-records", epoch: 1 };
    assert.equal((await sealing.generateDataKey(context)).plaintext.length, 32);
    assert.match((await sealing.describe()).warnings.join(), /in state Disabled/);
  });
}
