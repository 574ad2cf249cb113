import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyError } from "../vault/keys/provider.ts";
import { ConfigError, readKmsNames } from "./config.ts";
import { kmsSettings, kmsSigningKey } from "./kms-settings.ts";

const arn = (id: string): string => `arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/${id}`;
const named = { PARCELKEEP_KMS_KEYS: `1=${arn("a")},2=${arn("b")}`, PARCELKEEP_KMS_DERIVATION_KEYS: `1=${arn("c")},2=${arn("d")}` };

test("a derivation root is a secret where one is given, and an HMAC key elsewhere", () => {
  const settings = kmsSettings(readKmsNames({ ...named, PARCELKEEP_KMS_DERIVATION_SECRETS: "2=AQID" }));
  assert.deepEqual(settings, {
    place: { partition: "aws-eusc", region: "eusc-de-east-1" },
    emulator: null,
    keys: new Map([
      [1, arn("a")],
      [2, arn("b")],
    ]),
    derivation: new Map([
      [1, { key: arn("c"), wrappedSecret: null }],
      [2, { key: arn("d"), wrappedSecret: Buffer.of(1, 2, 3) }],
    ]),
  });
});

test("says which setting is missing", () => {
  const isMissing = (name: string) => (error: unknown) => error instanceof ConfigError && error.message.startsWith(name);
  assert.throws(() => kmsSettings(readKmsNames({})), isMissing("PARCELKEEP_KMS_KEYS"));
  assert.throws(
    () => kmsSettings(readKmsNames({ ...named, PARCELKEEP_KMS_DERIVATION_KEYS: "" })),
    isMissing("PARCELKEEP_KMS_DERIVATION_KEYS"),
  );
  assert.throws(
    () => kmsSettings(readKmsNames({ ...named, PARCELKEEP_KMS_DERIVATION_SECRETS: "3=AQID" })),
    isMissing("PARCELKEEP_KMS_DERIVATION_KEYS"),
  );
  assert.throws(() => kmsSigningKey(readKmsNames(named)), isMissing("PARCELKEEP_KMS_SIGNING_KEY"));
});

test("another region takes two settings", () => {
  const elsewhere = { ...named, PARCELKEEP_KMS_REGION: "eu-central-1" };
  assert.throws(
    () => kmsSettings(readKmsNames(elsewhere)),
    (error) => error instanceof KeyError && error.code === "wrong-provider",
  );
  const allowed = { ...elsewhere, PARCELKEEP_KMS_ALLOWED: "aws-eusc/eusc-de-east-1, aws/eu-central-1" };
  assert.deepEqual(kmsSettings(readKmsNames(allowed)).place, { partition: "aws", region: "eu-central-1" });
});
