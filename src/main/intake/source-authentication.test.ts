import assert from "node:assert/strict";
import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { describe, test } from "node:test";
import { verifier, type Credentials } from "../../ingress/authentication.ts";
import { codecs } from "./sources.ts";

const body = Buffer.from('{"event":"invented"}');
const secret = "2e55b9a3-4dd1-4416-9897-c4bd1e3d738f";

function verifies(source: string, headers: IncomingHttpHeaders, atS = 0, held: Partial<Credentials> = {}, query = ""): boolean {
  const { authentication } = codecs.get(source)!;
  const context = { accessTokenValid: () => false, now: () => atS * 1000 };
  return verifier(authentication, { secret, clientId: null, ...held }, context)(headers, body, query);
}

/** How each sender proves itself, as its own pages say: the scheme of the codec and the verifier of the ingress together. */
describe("senders prove themselves as they document it", () => {
  test("TrackingMore: the example of its webhook page, within five minutes and not after", () => {
    const headers = { timestamp: "1662371528", signature: "a37084ab68ae16b77db1f8463f31be9fcc965e2515e03efecf8139bb1e511b06" };
    assert.ok(verifies("trackingmore", headers, 1_662_371_528 + 300));
    assert.ok(!verifies("trackingmore", headers, 1_662_371_528 + 301));
    assert.ok(!verifies("trackingmore", { signature: headers.signature }, 1_662_371_528));
  });

  test("TrackingMore: a base64 HMAC of the body, as the words of that page say", () => {
    const signature = createHmac("sha256", secret).update(body).digest("base64");
    assert.ok(verifies("trackingmore", { signature }));
    assert.ok(!verifies("trackingmore", { signature: createHmac("sha256", "owner@example.org").update(body).digest("base64") }));
  });

  test("17TRACK: body, slash and key under SHA-256, and no HMAC", () => {
    assert.ok(verifies("17track", { sign: createHash("sha256").update(body).update(`/${secret}`).digest("hex") }));
    assert.ok(!verifies("17track", { sign: createHmac("sha256", secret).update(body).digest("hex") }));
  });

  test("Shippo: a token in the address, or an HMAC with its time", () => {
    assert.ok(verifies("shippo", {}, 0, {}, `token=${secret}`));
    assert.ok(!verifies("shippo", {}, 0, {}, "token=123abc"));
    const v1 = createHmac("sha256", secret).update("1794317500.").update(body).digest("hex");
    assert.ok(verifies("shippo", { "shippo-auth-signature": `t=1794317500,v1=${v1}` }, 1_794_317_500));
    assert.ok(!verifies("shippo", { "shippo-auth-signature": `t=1794317500,v1=${v1}` }, 1_794_317_500 + 301));
  });

  test("ShipEngine: RSA over time and body by a key of its set", () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const timestamp = "2026-11-26T12:00:00Z";
    const headers = {
      "x-shipengine-timestamp": timestamp,
      "x-shipengine-rsa-sha256-key-id": "k1",
      "x-shipengine-rsa-sha256-signature": sign("sha256", Buffer.concat([Buffer.from(`${timestamp}.`), body]), privateKey).toString(
        "base64",
      ),
    };
    const keySet = { pinned: JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k1" }] }), url: null };
    const atS = Date.parse(timestamp) / 1000;
    assert.ok(verifies("shipengine", headers, atS + 60, { secret: null, keySet }));
    assert.ok(!verifies("shipengine", headers, atS + 400, { secret: null, keySet }));
    assert.ok(!verifies("shipengine", headers, atS, { secret: null, keySet: { pinned: null, url: null } }));
  });

  test("Karrio: the secret itself where others have the id of an event", () => {
    assert.ok(verifies("karrio", { "x-event-id": secret }));
    assert.ok(!verifies("karrio", { "x-event-id": "evt_1" }));
  });

  test("parcelLab: Basic or a header with a token", () => {
    assert.ok(verifies("parcellab", { authorization: `Basic ${Buffer.from(`parcellab:${secret}`).toString("base64")}` }));
    assert.ok(verifies("parcellab", { "access-token": secret }));
    assert.ok(!verifies("parcellab", {}));
  });
});
