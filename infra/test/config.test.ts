import assert from "node:assert/strict";
import { test } from "node:test";
import { production } from "../config/production.ts";
import { ConfigError, type Config } from "../config/schema.ts";
import { staging } from "../config/staging.ts";
import { validated } from "../config/validate.ts";

test("takes both stages as they stand", () => {
  assert.equal(validated(staging), staging);
  assert.equal(validated(production), production);
});

const witness = { ...production.witnesses!.known[0]!, name: "w1" };
const attested = { known: [witness], enough: 1, shortfall: "hold" } as const;

const wrong: readonly (readonly [what: string, change: object, finding: RegExp])[] = [
  ["a foreign region", { region: "eu-central-1" }, /region must be eusc-de-east-1/],
  ["one zone", { zones: ["a"] }, /zones must be two or three/],
  ["a zone twice", { zones: ["a", "a"] }, /zones must differ/],
  ["two powers in one account", { accounts: { ...staging.accounts, security: staging.accounts.processing } }, /accounts must all differ/],
  ["a tag in place of a digest", { image: { ...staging.image, digest: "latest" } }, /image\.digest must be sha256/],
  ["a subject with a wildcard", { deployment: { ...staging.deployment, subject: "repo:example/*" } }, /without wildcards/],
  ["a way out to every host of a domain", { otherHosts: ["*.example.eu"] }, /otherHosts must be host names/],
  [
    "a time-stamping authority without TLS",
    { timeStamps: { url: "http://tsa.example.eu", certificates: null } },
    /timeStamps\.url must be https/,
  ],
  ["one on another port", { timeStamps: { url: "https://tsa.example.eu:8443/", certificates: null } }, /timeStamps\.url must be https/],
  [
    "a certificate that is none",
    { timeStamps: { url: "https://tsa.example.eu/", certificates: "tsa.pem" } },
    /timeStamps\.certificates must be PEM/,
  ],
  [
    "a witness without TLS",
    { witnesses: { ...attested, known: [{ ...witness, url: "http://witness.example.eu" }] } },
    /w1 must have an address/,
  ],
  [
    "a witness with a wildcard",
    { witnesses: { ...attested, known: [{ ...witness, url: "https://*.example.eu" }] } },
    /w1 must have an address/,
  ],
  [
    "a witness without its key",
    { witnesses: { ...attested, known: [{ ...witness, key: "witness.example.eu/w1" }] } },
    /w1 must have its verifier key/,
  ],
  ["a witness of a name that the policy uses", { witnesses: { ...attested, known: [{ ...witness, name: "none" }] } }, /plain names/],
  ["a witness twice", { witnesses: { ...attested, known: [witness, { ...witness, name: "w2" }] } }, /witnesses must differ/],
  ["more witnesses than there are", { witnesses: { ...attested, enough: 2 } }, /witnesses\.enough must be/],
  ["none of no witnesses", { witnesses: { ...attested, known: [], enough: 0 } }, /witnesses\.enough must be/],
  ["a lock of years in staging", { retention: { ...staging.retention, auditDays: 400 } }, /staging must be 30 days/],
  ["a trail of days in production", { stage: "production", retention: { ...staging.retention } }, /365 at least/],
  [
    "a key store without its id",
    { keys: { origin: "EXTERNAL_KEY_STORE", customKeyStoreId: "", externalKeyIds: { wrapping: "x", derivation: "y" } } },
    /customKeyStoreId must be cks/,
  ],
  [
    "a default route by way of a carrier",
    { carriers: { gls: { path: "vpn", peerAddress: "192.0.2.1", asn: 65000, cidrs: ["0.0.0.0/0"] } } },
    /gls\.cidrs must be IPv4 ranges/,
  ],
];

for (const [what, change, finding] of wrong) {
  test(`refuses ${what}`, () => assert.throws(() => validated({ ...staging, ...change } as Config), finding));
}

test("says everything that is wrong at once", () => {
  const broken = { ...staging, zones: ["a"], region: "eu-west-1" } as unknown as Config;
  assert.throws(
    () => validated(broken),
    (error) => error instanceof ConfigError && error.findings.length === 2,
  );
});
