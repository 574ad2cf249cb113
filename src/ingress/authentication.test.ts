import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { describe, test } from "node:test";
import { verifier, type Scheme } from "./authentication.ts";

const secret = "a secret of the endpoint's";
const body = Buffer.from('{"parcel":"invented"}');

function accepts(scheme: Scheme, headers: IncomingHttpHeaders, held: string | null = secret, bytes = body): boolean {
  return verifier(scheme, { secret: held, clientId: null }, { accessTokenValid: () => false, now: () => 0 })(headers, bytes, "");
}

function digest(signed: string | Buffer, encoding: "hex" | "base64", key = secret): string {
  return createHmac("sha256", key).update(signed).digest(encoding);
}

describe("an HMAC over the body", () => {
  const scheme: Scheme = { kind: "hmac-sha256", header: "x-signature", encodings: ["hex", "base64"], prefix: "v1=" };
  const genuine = `v1=${digest(body, "hex")}`;
  const cases: readonly [why: string, signature: string | undefined, expected: boolean][] = [
    ["hexadecimal", genuine, true],
    ["base64", `v1=${digest(body, "base64")}`, true],
    ["under another secret", `v1=${digest(body, "hex", "another")}`, false],
    ["of another body", `v1=${digest("{}", "hex")}`, false],
    ["without its prefix", digest(body, "hex"), false],
    ["cut short", genuine.slice(0, -2), false],
    ["empty", "v1=", false],
    ["missing", undefined, false],
  ];
  for (const [why, signature, expected] of cases) {
    test(`is ${expected ? "accepted" : "refused"}: ${why}`, () => {
      assert.equal(accepts(scheme, { "x-signature": signature }), expected);
    });
  }

  test("is accepted under a secret that is longer than a block of the hash", () => {
    const long = "long secret ".repeat(10);
    assert.equal(accepts(scheme, { "x-signature": `v1=${digest(body, "hex", long)}` }, long), true);
    assert.equal(accepts(scheme, { "x-signature": `v1=${digest(body, "hex", long)}` }, long.slice(0, 64)), false);
  });

  test("is refused where the endpoint has no secret", () => {
    assert.equal(accepts(scheme, { "x-signature": genuine }, null), false);
  });
});

describe("an HMAC over a header and the body", () => {
  const scheme: Scheme = {
    kind: "hmac-sha256",
    header: "x-signature",
    encodings: ["base64"],
    signedHeader: { header: "x-timestamp", separator: "." },
  };
  const time = "2026-11-26T10:00:00Z";
  const genuine = digest(`${time}.${body.toString()}`, "base64");
  const cases: readonly [why: string, headers: IncomingHttpHeaders, expected: boolean][] = [
    ["both are genuine", { "x-signature": genuine, "x-timestamp": time }, true],
    ["the header was changed", { "x-signature": genuine, "x-timestamp": "2026-11-26T10:00:01Z" }, false],
    ["the header is missing", { "x-signature": genuine }, false],
    ["only the body is signed", { "x-signature": digest(body, "base64"), "x-timestamp": time }, false],
    ["the signature is cut short", { "x-signature": genuine.slice(0, -4), "x-timestamp": time }, false],
    ["the signature is missing", { "x-timestamp": time }, false],
  ];
  for (const [why, headers, expected] of cases) {
    test(`is ${expected ? "accepted" : "refused"} where ${why}`, () => {
      assert.equal(accepts(scheme, headers), expected);
    });
  }
});

describe("a secret sent as it is", () => {
  const scheme: Scheme = { kind: "shared-secret", headers: ["x-api-key"] };
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`;
  const cases: readonly [why: string, headers: IncomingHttpHeaders, expected: boolean][] = [
    ["in its header", { "x-api-key": secret }, true],
    ["as a bearer token", { authorization: `Bearer ${secret}` }, true],
    ["as the password of Basic", { authorization: basic(`carrier:${secret}`) }, true],
    ["in another header", { "x-other": secret }, false],
    ["wrong", { "x-api-key": "a secret of somebody else's" }, false],
    ["cut short", { "x-api-key": secret.slice(0, -1) }, false],
    ["as the name of Basic", { authorization: basic(`${secret}:password`) }, false],
    ["in a scheme that is not known", { authorization: `Digest ${secret}` }, false],
    ["missing", {}, false],
  ];
  for (const [why, headers, expected] of cases) {
    test(`is ${expected ? "accepted" : "refused"}: ${why}`, () => {
      assert.equal(accepts(scheme, headers), expected);
    });
  }
});

describe("a sender that is set up in one of several ways", () => {
  const scheme: Scheme = {
    kind: "by-set-up",
    schemes: [
      { kind: "hmac-sha256", header: "x-signature", encodings: ["base64"] },
      { kind: "shared-secret", headers: ["x-api-key"] },
    ],
    senderRanges: ["192.0.2.0/24"],
  };
  const cases: readonly [why: string, headers: IncomingHttpHeaders, expected: boolean][] = [
    ["it signs", { "x-signature": digest(body, "base64") }, true],
    ["it sends the secret", { "x-api-key": secret }, true],
    ["the signature is wrong", { "x-signature": digest("{}", "base64") }, false],
    ["the signature is cut short", { "x-signature": digest(body, "base64").slice(1) }, false],
    ["it sends neither", {}, false],
  ];
  for (const [why, headers, expected] of cases) {
    test(`is ${expected ? "accepted" : "refused"} where ${why}`, () => {
      assert.equal(accepts(scheme, headers), expected);
    });
  }

  test("is refused in every way where the endpoint has no secret", () => {
    assert.equal(accepts(scheme, { "x-signature": digest(body, "base64"), "x-api-key": "" }, null), false);
  });
});
