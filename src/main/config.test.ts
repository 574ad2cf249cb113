import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  environmentWith,
  readConfig,
  readConnections,
  readKmsNames,
  readOwnersDatabase,
  readTokenLogin,
  signInEnvironment,
} from "./config.ts";
import { ConfigError } from "./settings/setting.ts";

const ingress = "postgresql://parcelkeep_ingress:hidden@db.test/parcelkeep";
const api = "postgres://parcelkeep_api:hidden@db.test:5433/parcelkeep?sslmode=verify-full";

/** Says what it expected, and not what it got. */
const refusesDiscreetly = (pattern: RegExp) => (error: unknown) =>
  error instanceof ConfigError && pattern.test(error.message) && !error.message.includes("hidden");

test("the front's two roles have an address each", () => {
  const env = { PARCELKEEP_DATABASE_URL: ingress, PARCELKEEP_API_DATABASE_URL: api };
  assert.deepEqual(readConnections(["parcelkeep_ingress", "parcelkeep_api"], env), {
    parcelkeep_ingress: { connectionString: ingress },
    parcelkeep_api: { connectionString: api },
  });
});

test("refuses an address that is missing, is none, or is of another user", () => {
  for (const address of [undefined, "", "hidden", "https://parcelkeep_ingress:hidden@db.test/", "postgresql://db.test/hidden", api]) {
    const env = address === undefined ? {} : { PARCELKEEP_DATABASE_URL: address };
    assert.throws(() => readConnections(["parcelkeep_ingress"], env), refusesDiscreetly(/^PARCELKEEP_DATABASE_URL must be/));
  }
});

test("the owner may have any name, and without an address the embedded database is meant", () => {
  const owner = "postgresql://anybody:hidden@db.test/parcelkeep";
  assert.deepEqual(readOwnersDatabase({ PARCELKEEP_DATABASE_URL: owner }), { connectionString: owner });
  assert.equal(readOwnersDatabase({}), null);
  assert.throws(() => readOwnersDatabase({ PARCELKEEP_DATABASE_URL: "hidden" }), refusesDiscreetly(/^PARCELKEEP_DATABASE_URL must be/));
});

test("the page of settings lists every one, and no other", () => {
  const names = (path: string, pattern: RegExp): string[] => [
    ...new Set(Array.from(readFileSync(new URL(path, import.meta.url), "utf8").matchAll(pattern), ([, name]) => name!)),
  ];
  const listed = names("../../docs/operations/settings.md", /^\| `(PARCELKEEP_\w+)` \|/gm);
  // Files that config.ts hands the environment to.
  const readers = [
    "config.ts",
    ...readdirSync(join(import.meta.dirname, "settings")).flatMap((file) => (file.endsWith("-settings.ts") ? [`settings/${file}`] : [])),
  ];
  const read = new Set(readers.flatMap((file) => names(`./${file}`, /"(PARCELKEEP_[A-Z0-9_]+)"/g)));
  assert.deepEqual(new Set(listed), read);
});

test("refuses settings that are not in their form", () => {
  for (const [name, value] of [
    ["PARCELKEEP_HTTP", "hidden"],
    ["PARCELKEEP_CELL", "hidden"],
    ["PARCELKEEP_TENANT_RATE", "0"],
    ["PARCELKEEP_INBOX_MAX", "-1"],
    ["PARCELKEEP_OPERATORS_URL", "https://hidden.example/path"],
    ["PARCELKEEP_OPERATORS_URL", "http://hidden.example"],
    ["PARCELKEEP_OPERATORS_URL", "https://192.0.2.1"],
    ["PARCELKEEP_OIDC_ISSUER", "https://hidden.example"],
  ] as const) {
    assert.throws(() => readConfig({ [name]: value }), refusesDiscreetly(new RegExp(`^${name} must be`)));
  }
});

test("keys of AWS KMS are named by epoch, as a list or as JSON", () => {
  const names = new Map([
    [1, "arn:one"],
    [12, "arn:two="],
  ]);
  assert.deepEqual(readKmsNames({ PARCELKEEP_KMS_KEYS: "1=arn:one, 12=arn:two=," }).keys, names);
  assert.deepEqual(readKmsNames({ PARCELKEEP_KMS_KEYS: ' {"1": "arn:one", "12": "arn:two="}' }).keys, names);
  assert.equal(readKmsNames({}).keys.size, 0);
  for (const text of ["hidden", "0=hidden", "1=", "1=hidden,1=hidden", "1.5=hidden", '{"1": 2}', '{"hidden"', '{"hidden": "a"}']) {
    assert.throws(() => readKmsNames({ PARCELKEEP_KMS_KEYS: text }), refusesDiscreetly(/^PARCELKEEP_KMS_KEYS must be/), text);
  }
});

test("a login on a token is read for one power, whole or not at all, and its PIN is in no error", () => {
  const env = {
    PARCELKEEP_PKCS11_MODULE: "/opt/hsm.so",
    PARCELKEEP_PKCS11_SEALING_TOKEN: "sealing",
    PARCELKEEP_PKCS11_SEALING_PIN: "hidden",
  };
  assert.deepEqual(readTokenLogin("sealing", env), { modulePath: "/opt/hsm.so", tokenLabel: "sealing", pin: "hidden" });
  assert.throws(() => readTokenLogin("opening", env), refusesDiscreetly(/^PARCELKEEP_PKCS11_OPENING_TOKEN must be/));
  assert.throws(
    () => readTokenLogin("sealing", { ...env, PARCELKEEP_PKCS11_MODULE: "" }),
    refusesDiscreetly(/^PARCELKEEP_PKCS11_MODULE must be/),
  );
});

test("a process is started without the logins of the powers that it has not", () => {
  const env = {
    PATH: "/bin",
    PARCELKEEP_PKCS11_MODULE: "/opt/hsm.so",
    PARCELKEEP_PKCS11_SEALING_PIN: "a",
    PARCELKEEP_PKCS11_OPENING_PIN: "b",
    PARCELKEEP_PKCS11_OPENING_PIN_FILE: "/run/pin",
    PARCELKEEP_PKCS11_SIGNING_TOKEN: "c",
    PARCELKEEP_OIDC_CLIENT_SECRET_FILE: "/run/oidc",
  };
  assert.deepEqual(Object.keys(environmentWith(["sealing"], env)), ["PATH", "PARCELKEEP_PKCS11_MODULE", "PARCELKEEP_PKCS11_SEALING_PIN"]);
  assert.deepEqual(Object.keys(environmentWith([], env)), ["PATH", "PARCELKEEP_PKCS11_MODULE"]);
  assert.deepEqual(Object.keys(signInEnvironment(env)), ["PARCELKEEP_OIDC_CLIENT_SECRET_FILE"]);
});

test("keeps nothing longer than carriers' numbers are one parcel's", () => {
  assert.deepEqual(readConfig({}).retention, { personalDays: 90, textDays: 60 });
  assert.deepEqual(readConfig({ PARCELKEEP_RETENTION_DAYS_PERSONAL: "30", PARCELKEEP_RETENTION_DAYS_TEXT: "0.5" }).retention, {
    personalDays: 30,
    textDays: 0.5,
  });
  assert.throws(() => readConfig({ PARCELKEEP_RETENTION_DAYS_PERSONAL: "121" }), ConfigError);
});

test("hosts of tests are named one by one, each with its port", () => {
  assert.deepEqual(readConfig({}).egressTestHosts, new Set());
  const named = readConfig({ PARCELKEEP_EGRESS_TEST_HOSTS: "127.0.0.1:4010, LocalHost:4011,[::1]:4012" });
  assert.deepEqual([...named.egressTestHosts], ["127.0.0.1:4010", "localhost:4011", "[::1]:4012"]);
  for (const wrong of ["127.0.0.1", "*", "http://localhost:1", "localhost:"])
    assert.throws(() => readConfig({ PARCELKEEP_EGRESS_TEST_HOSTS: wrong }), { code: "bad-setting" });
});

test("proxies before the front are counted, and none is trusted unless that is said", () => {
  assert.equal(readConfig({}).trustedHops, 0);
  assert.equal(readConfig({ PARCELKEEP_TRUSTED_HOPS: "1" }).trustedHops, 1);
  for (const wrong of ["-1", "1.5", "6", "true", "127.0.0.1"])
    assert.throws(() => readConfig({ PARCELKEEP_TRUSTED_HOPS: wrong }), { code: "bad-setting" });
});

test("keys to the front's doors may come without their beginning, from whatever makes random letters", () => {
  const letters = "A1".repeat(24);
  assert.equal(readConfig({ PARCELKEEP_OPERATOR_KEY: letters }).operatorKey, `pko_${letters}`);
  assert.equal(readConfig({ PARCELKEEP_INGRESS_KEY: `pkc_${letters}` }).ingressKey, `pkc_${letters}`);
  for (const wrong of ["A1".repeat(8), `pkc_${letters}`, `${letters}!`])
    assert.throws(() => readConfig({ PARCELKEEP_OPERATOR_KEY: wrong }), refusesDiscreetly(/^PARCELKEEP_OPERATOR_KEY must be pko_/));
});

test("the authorities of the database are a file, or the certificates themselves", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
  const env = { PARCELKEEP_DATABASE_URL: ingress, PARCELKEEP_DATABASE_AUTHORITIES: pem };
  assert.equal(readConnections(["parcelkeep_ingress"], env).parcelkeep_ingress.authorities, pem);
  assert.throws(
    () => readConnections(["parcelkeep_ingress"], { ...env, PARCELKEEP_DATABASE_AUTHORITIES: "/nowhere/hidden" }),
    refusesDiscreetly(/^PARCELKEEP_DATABASE_AUTHORITIES must be/),
  );
});
