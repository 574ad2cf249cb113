import assert from "node:assert/strict";
import { test } from "node:test";
import { sovereignPlace } from "../../aws/place.ts";
import { readKmsNames } from "../config.ts";
import { ConfigError } from "./setting.ts";
import { kmsSettings, kmsSigningKey } from "./kms-settings.ts";

const arn = (id: string): string => `arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/${id}`;
const connection = { place: sovereignPlace, emulator: null };
const named = { PARCELKEEP_KMS_KEYS: `1=${arn("a")},2=${arn("b")}`, PARCELKEEP_KMS_DERIVATION_KEYS: `1=${arn("c")},2=${arn("d")}` };

test("a derivation root is a secret where one is given, and an HMAC key elsewhere", () => {
  const settings = kmsSettings(connection, readKmsNames({ ...named, PARCELKEEP_KMS_DERIVATION_SECRETS: "2=AQID" }));
  assert.deepEqual(settings, {
    place: sovereignPlace,
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
  assert.throws(() => kmsSettings(connection, readKmsNames({})), isMissing("PARCELKEEP_KMS_KEYS"));
  assert.throws(
    () => kmsSettings(connection, readKmsNames({ ...named, PARCELKEEP_KMS_DERIVATION_KEYS: "" })),
    isMissing("PARCELKEEP_KMS_DERIVATION_KEYS"),
  );
  assert.throws(
    () => kmsSettings(connection, readKmsNames({ ...named, PARCELKEEP_KMS_DERIVATION_SECRETS: "3=AQID" })),
    isMissing("PARCELKEEP_KMS_DERIVATION_KEYS"),
  );
  assert.throws(() => kmsSigningKey(readKmsNames(named)), isMissing("PARCELKEEP_KMS_SIGNING_KEY"));
});
