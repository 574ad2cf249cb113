import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { suite, test } from "node:test";
import fc from "fast-check";
import { reply, testAuthority } from "../../../test/support/time-stamp-authority.ts";
import { isTimeStampRequest, timeStampRequest } from "./time-stamp-request.ts";
import { type TimeStampTrust, verifyTimeStamp } from "./time-stamp-token.ts";

const data = Buffer.from("log.example/2026\n12\nAAAA\n");
const authority = testAuthority();
const trust = (nonce?: Uint8Array): TimeStampTrust => ({
  certificates: [authority.certificate],
  ...(nonce === undefined ? {} : { nonce }),
});

suite("a time-stamp", () => {
  test("holds for its data, its question and its authority", () => {
    const time = new Date("2026-11-26T12:00:00Z");
    const trusted = testAuthority({ validFrom: new Date("2026-01-01"), validTo: new Date("2027-01-01") });
    const { request, nonce } = timeStampRequest(data);
    const stamp = verifyTimeStamp(reply(trusted, request, { time }), data, { certificates: [trusted.certificate], nonce });
    assert.deepEqual(stamp.time, time);
    assert.equal(stamp.authority, trusted.certificate.fingerprint256.replaceAll(":", "").toLowerCase());
    assert.doesNotThrow(() => verifyTimeStamp(reply(trusted, request, { time }), data, { certificates: null }));
  });

  test("is taken from whoever a trusted authority has issued a certificate to, with it inside or at hand", () => {
    const issuer = testAuthority({ name: "Issuer", usage: null, isIssuer: true });
    const issued = testAuthority({ issuer });
    const { request } = timeStampRequest(data);
    verifyTimeStamp(reply(issued, request), data, { certificates: [issuer.certificate] });
    const bare = reply(issued, request, { certificates: [] });
    assert.throws(() => verifyTimeStamp(bare, data, { certificates: [issuer.certificate] }), { code: "untrusted" });
    verifyTimeStamp(bare, data, { certificates: [issued.certificate] });
    const other = testAuthority({ name: "Issuer", usage: null, isIssuer: true });
    assert.throws(() => verifyTimeStamp(reply(issued, request), data, { certificates: [other.certificate] }), { code: "untrusted" });
    const noIssuer = testAuthority({ name: "Issuer", usage: null });
    const fromNone = testAuthority({ issuer: noIssuer });
    assert.throws(() => verifyTimeStamp(reply(fromNone, request), data, { certificates: [noIssuer.certificate] }), { code: "untrusted" });
  });

  test("is refused where any part of it is not as it should be", () => {
    const { request, nonce } = timeStampRequest(data);
    const stranger = testAuthority();
    const refused = (code: string, response: Buffer, trusting = trust(nonce), of = data): void =>
      assert.throws(() => verifyTimeStamp(response, of, trusting), { name: "TimeStampError", code });
    refused("refused", reply(authority, request, { status: 2 }));
    refused("wrong-data", reply(authority, request), trust(nonce), Buffer.from("other data"));
    refused("wrong-nonce", reply(authority, request, { nonce: randomBytes(16) }));
    refused("wrong-nonce", reply(authority, timeStampRequest(data).request), trust(nonce));
    refused("untrusted", reply(stranger, request));
    refused("untrusted", reply(stranger, request, { certificates: [authority.certificate, stranger.certificate] }));
    refused("bad-signature", reply(stranger, request, { named: authority.certificate }));
    refused("bad-signature", reply(authority, request, { privateKey: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey }));
    refused("untrusted", reply(authority, request, { named: stranger.certificate }));
    refused("untrusted", reply(authority, request, { time: new Date("2001-01-01") }));
    refused("malformed", reply(authority, request, { contentType: "1.2.840.113549.1.7.1" }));
    const web = "1.3.6.1.5.5.7.3.1";
    const stamping = "1.3.6.1.5.5.7.3.8";
    for (const options of [{ usage: null }, { usage: [web] }, { usage: [stamping, web] }, { isCritical: false }]) {
      const unfit = testAuthority(options);
      refused("not-for-time-stamps", reply(unfit, request), { certificates: [unfit.certificate], nonce });
    }
  });

  test("does not survive the change of any byte that it is made of, and nothing else is thrown", () => {
    const { request, nonce } = timeStampRequest(data);
    const response = reply(authority, request, { certificates: [] });
    fc.assert(
      fc.property(fc.nat(response.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const changed = Buffer.from(response);
        changed[place]! ^= change;
        try {
          // What is not signed (versions, the signer's name beside the certificate) may differ; what it says may not.
          const before = verifyTimeStamp(response, data, trust(nonce));
          assert.deepEqual(verifyTimeStamp(changed, data, trust(nonce)), before);
        } catch (error) {
          assert.equal((error as Error).name, "TimeStampError");
        }
      }),
      { numRuns: 150 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        assert.throws(() => verifyTimeStamp(bytes, data, trust()), { name: "TimeStampError" });
      }),
      { numRuns: 200 },
    );
  });
});

test("a request is a digest and a nonce, and nothing that is more is one", () => {
  const { request, nonce } = timeStampRequest(data);
  assert.equal(nonce.length, 16);
  assert.ok(isTimeStampRequest(request));
  assert.notDeepEqual(timeStampRequest(data).nonce, nonce);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(request.length), (more, place) => {
      assert.ok(!isTimeStampRequest(Buffer.concat([request.subarray(0, place), more, request.subarray(place)])));
    }),
  );
});
