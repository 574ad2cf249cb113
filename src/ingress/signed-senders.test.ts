import assert from "node:assert/strict";
import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { describe, test } from "node:test";
import { verifier, type Credentials, type Scheme, type VerifierContext } from "./authentication.ts";

const now = Date.UTC(2026, 10, 26, 12);
const context: VerifierContext = { accessTokenValid: () => false, now: () => now };
const body = Buffer.from('{"parcel":"Ünter den Birken"}');
const credentials: Credentials = { secret: "s3cret", clientId: null };

function verifies(
  scheme: Scheme,
  headers: IncomingHttpHeaders,
  held: Credentials = credentials,
  bytes: Buffer = body,
  query = "",
): boolean {
  return verifier(scheme, held, context)(headers, bytes, query);
}

function hmac(...parts: readonly (string | Buffer)[]): Buffer {
  const digest = createHmac("sha256", "s3cret");
  for (const part of parts) digest.update(part);
  return digest.digest();
}

function seconds(offsetS = 0): string {
  return String(now / 1000 + offsetS);
}

describe("a keyed digest that is not an HMAC", () => {
  const scheme: Scheme = { kind: "sha256-key-last", header: "sign", separator: "/" };
  const right = createHash("sha256").update(body).update("/s3cret").digest("hex");

  test("accepts body, separator and key, in either case of the hex digits", () => {
    assert.ok(verifies(scheme, { sign: right }));
    assert.ok(verifies(scheme, { sign: right.toUpperCase() }));
  });

  test("refuses a wrong key, a changed body, a truncated digest and a missing header", () => {
    assert.ok(!verifies(scheme, { sign: createHash("sha256").update(body).update("/other").digest("hex") }));
    assert.ok(!verifies(scheme, { sign: right }, credentials, Buffer.concat([body, Buffer.from(" ")])));
    assert.ok(!verifies(scheme, { sign: right.slice(0, 62) }));
    assert.ok(!verifies(scheme, {}));
    assert.ok(!verifies(scheme, { sign: hmac(body).toString("hex") }));
  });

  test("verifies nothing at an endpoint without a secret", () => {
    assert.ok(!verifies(scheme, { sign: right }, { secret: null, clientId: null }));
  });
});

describe("an HMAC with a timestamp in a header of its own", () => {
  const scheme: Scheme = {
    kind: "timestamped-hmac-sha256",
    header: "signature",
    timestampHeader: "timestamp",
    encodings: ["base64", "hex"],
    signed: ["body", "timestamp+body", "body+timestamp", "timestamp.body"],
    windowS: 300,
  };

  test("accepts each of its forms in each of its encodings", () => {
    const timestamp = seconds();
    for (const parts of [[body], [timestamp, body], [body, timestamp], [timestamp, ".", body]]) {
      assert.ok(verifies(scheme, { timestamp, signature: hmac(...parts).toString("base64") }));
      assert.ok(verifies(scheme, { timestamp, signature: hmac(...parts).toString("hex") }));
    }
  });

  test("takes a secret that is longer than a block of the hash, whole", () => {
    const secret = "long secret ".repeat(10);
    const timestamp = seconds();
    const signature = createHmac("sha256", secret).update(timestamp).update(body).digest("hex");
    assert.ok(verifies(scheme, { timestamp, signature }, { secret, clientId: null }));
    assert.ok(!verifies(scheme, { timestamp, signature }, { secret: secret.slice(0, 64), clientId: null }));
  });

  test("accepts the body alone without a timestamp, and no other form", () => {
    assert.ok(verifies(scheme, { signature: hmac(body).toString("base64") }));
    assert.ok(!verifies(scheme, { signature: hmac(seconds(), body).toString("base64") }));
  });

  test("refuses what is older or newer than its window, to the second", () => {
    for (const [offsetS, accepted] of [
      [-300, true],
      [-301, false],
      [300, true],
      [301, false],
    ] as const) {
      const timestamp = seconds(offsetS);
      assert.equal(verifies(scheme, { timestamp, signature: hmac(timestamp, body).toString("base64") }), accepted, String(offsetS));
    }
  });

  test("refuses a replay under a fresh timestamp", () => {
    const signature = hmac(seconds(-4000), body).toString("base64");
    assert.ok(!verifies(scheme, { timestamp: seconds(), signature }));
  });

  test("refuses a form that it does not name", () => {
    const timestamp = seconds();
    assert.ok(!verifies(scheme, { timestamp, signature: hmac(timestamp).toString("hex") }));
  });

  test("refuses a changed body, a wrong secret, a truncated or missing signature and a timestamp that is none", () => {
    const timestamp = seconds();
    const signature = hmac(timestamp, body).toString("base64");
    assert.ok(!verifies(scheme, { timestamp, signature }, credentials, Buffer.from("{}")));
    assert.ok(!verifies(scheme, { timestamp, signature }, { secret: "other", clientId: null }));
    assert.ok(!verifies(scheme, { timestamp, signature: signature.slice(0, 40) }));
    assert.ok(!verifies(scheme, { timestamp }));
    assert.ok(!verifies(scheme, { timestamp: "yesterday", signature: hmac("yesterday", body).toString("base64") }));
  });
});

describe("an HMAC with its timestamp in one header", () => {
  const scheme: Scheme = {
    kind: "timestamped-hmac-sha256",
    header: "shippo-auth-signature",
    timestampHeader: null,
    encodings: ["hex"],
    signed: ["timestamp.body"],
    windowS: 300,
  };
  const header = (timestamp: string, ...signatures: readonly string[]) => ({
    "shippo-auth-signature": [`t=${timestamp}`, ...signatures.map((each) => `v1=${each}`)].join(","),
  });

  test("accepts one right signature among several, as while a secret is rotated", () => {
    const timestamp = seconds();
    const right = hmac(timestamp, ".", body).toString("hex");
    assert.ok(verifies(scheme, header(timestamp, right)));
    assert.ok(verifies(scheme, header(timestamp, "0".repeat(64), right)));
  });

  test("refuses the body alone, an old message, and a header without time or signature", () => {
    const timestamp = seconds();
    const old = seconds(-301);
    assert.ok(!verifies(scheme, header(timestamp, hmac(body).toString("hex"))));
    assert.ok(!verifies(scheme, header(old, hmac(old, ".", body).toString("hex"))));
    assert.ok(!verifies(scheme, header(timestamp)));
    assert.ok(!verifies(scheme, { "shippo-auth-signature": `v1=${hmac(timestamp, ".", body).toString("hex")}` }));
    assert.ok(!verifies(scheme, {}));
  });
});

describe("an RSA signature by a key set", () => {
  const scheme: Scheme = {
    kind: "rsa-sha256",
    header: "x-signature",
    keyIdHeader: "x-key-id",
    timestampHeader: "x-timestamp",
    windowS: 300,
    keySetUrls: ["https://api.example.org/jwks"],
  };
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const member = (key: typeof pair, kid: string, more = {}) => ({ ...key.publicKey.export({ format: "jwk" }), kid, ...more });
  const holding = (...keys: readonly unknown[]): Credentials => ({
    secret: null,
    clientId: null,
    keySet: { pinned: JSON.stringify({ keys }), url: null },
  });
  const signed = (timestamp: string, by = pair, kid = "one", bytes = body) => ({
    "x-signature": sign("sha256", Buffer.concat([Buffer.from(`${timestamp}.`), bytes]), by.privateKey).toString("base64"),
    "x-key-id": kid,
    "x-timestamp": timestamp,
  });
  const held = holding(member(other, "two"), member(pair, "one", { use: "sig", alg: "RS256" }), { kty: "EC", kid: "three" }, null);
  const iso = new Date(now).toISOString();

  test("accepts the key that the message names, with a time in either form", () => {
    assert.ok(verifies(scheme, signed(iso), held));
    assert.ok(verifies(scheme, signed(seconds()), held));
    assert.ok(verifies(scheme, signed(iso, other, "two"), held));
  });

  test("refuses another key's signature, an unknown key and a changed body", () => {
    assert.ok(!verifies(scheme, signed(iso, other, "one"), held));
    assert.ok(!verifies(scheme, signed(iso, pair, "four"), held));
    assert.ok(!verifies(scheme, signed(iso), held, Buffer.from("{}")));
  });

  test("refuses an old message, one from the future, and an old signature under a new time", () => {
    const old = new Date(now - 301_000).toISOString();
    assert.ok(!verifies(scheme, signed(old), held));
    assert.ok(!verifies(scheme, signed(new Date(now + 301_000).toISOString()), held));
    assert.ok(!verifies(scheme, { ...signed(old), "x-timestamp": iso }, held));
  });

  test("refuses a truncated signature and a missing header", () => {
    const headers: Record<string, string> = signed(iso);
    assert.ok(!verifies(scheme, { ...headers, "x-signature": headers["x-signature"]!.slice(0, 100) }, held));
    for (const name of Object.keys(headers)) {
      const { [name]: _, ...rest } = headers;
      assert.ok(!verifies(scheme, rest, held), name);
    }
  });

  test("uses no weak key and none that is for encryption", () => {
    assert.ok(!verifies(scheme, signed(iso, weak), holding(member(weak, "one"))));
    assert.ok(!verifies(scheme, signed(iso), holding(member(pair, "one", { use: "enc" }))));
  });

  test("verifies nothing without a pinned set", () => {
    assert.ok(
      !verifies(scheme, signed(iso), { secret: null, clientId: null, keySet: { pinned: null, url: "https://api.example.org/jwks" } }),
    );
    assert.ok(!verifies(scheme, signed(iso), { secret: "x", clientId: null }));
    assert.ok(!verifies(scheme, signed(iso), { secret: null, clientId: null, keySet: { pinned: "no JSON", url: null } }));
  });
});

describe("a shared secret", () => {
  const scheme: Scheme = { kind: "shared-secret", headers: ["x-api-key"], parameter: "token" };
  const queryVerifies = (query: string, asked = scheme): boolean => verifies(asked, {}, credentials, body, query);

  test("is read from a header, as bearer or password, and from the parameter of the address", () => {
    assert.ok(verifies(scheme, { "x-api-key": "s3cret" }));
    assert.ok(verifies(scheme, { authorization: "Bearer s3cret" }));
    assert.ok(verifies(scheme, { authorization: `Basic ${Buffer.from("shop:s3cret").toString("base64")}` }));
    assert.ok(queryVerifies("a=1&token=s3cret"));
  });

  test("is refused where it is wrong, cut, missing, or under another name", () => {
    assert.ok(!verifies(scheme, { "x-api-key": "s3cre" }));
    assert.ok(!queryVerifies("token=s3cret2"));
    assert.ok(!queryVerifies("key=s3cret"));
    assert.ok(!verifies(scheme, {}));
  });

  test("is not read from the address where the scheme names no parameter", () => {
    assert.ok(!queryVerifies("token=s3cret&undefined=s3cret", { kind: "shared-secret", headers: [] }));
  });
});
