import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const shipment = { inquiryNumber: "1Z8V92A70367203024", package: [{ trackingNumber: "1Z8V92A70367203024", activity: [] }] };
const answer = Buffer.from(JSON.stringify({ trackResponse: { shipment: [shipment] } }));
const warned = Buffer.from(
  JSON.stringify({
    trackResponse: { shipment: [{ inquiryNumber: "1Z1", warnings: [{ code: "TW0001", message: "Tracking Information Not Found" }] }] },
  }),
);
const error = JSON.stringify({ response: { errors: [{ code: "TW0001", message: "Tracking Information Not Found" }] } });

clientProperties(client, [[["1Z8V92A70367203024"], answer]]);

describe("ups: calls", () => {
  test("leaves signature, photo and proof of delivery with UPS", () => {
    const request = client.trackRequest(["1Z8V92A70367203024"], { clientId: "i", clientSecret: "s" }, "t", client.baseUrl);
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "GET",
        url: "https://onlinetools.ups.com/api/track/v1/details/1Z8V92A70367203024?locale=en_US&returnSignature=false&returnMilestones=false&returnPOD=false",
        headers: { accept: "application/json", authorization: "Bearer t", transid: "parcelkeep", transactionsrc: "parcelkeep" },
        body: null,
      },
    );
  });

  test("asks for a token as the carrier documents", () => {
    const request = client.tokenRequest!({ clientId: "i", clientSecret: "s" }, client.baseUrl);
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "POST",
        url: "https://onlinetools.ups.com/security/v1/oauth/token",
        headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded", authorization: "Basic aTpz" },
        body: "grant_type=client_credentials",
      },
    );
  });

  test("takes a warning in place of a package for a number that is not known, and keeps it", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, warned), ["1Z1"]), { kind: "answered", notFound: ["1Z1"], payloads: [warned] });
  });

  test("takes UPS's own 404 for it", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(404, error), ["1Z1"]), { kind: "answered", notFound: ["1Z1"], payloads: [] });
  });

  test("does not take another 404 for it", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(404, "{}"), ["1Z1"]), { kind: "malformed" });
  });

  test("hears an outage", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(503, ""), ["1Z1"]), { kind: "unavailable", retryAfterMs: null });
  });

  test("reads a token whose life is written as text", () => {
    const body = JSON.stringify({ token_type: "Bearer", access_token: "abc.def", expires_in: "14399", status: "approved" });
    assert.deepEqual(client.readToken!(answerOf(200, body)), { token: "abc.def", expiresInSeconds: 14_399 });
  });

  test("hears a refused credential, also as a 400", () => {
    for (const status of [400, 401]) assert.deepEqual(client.readToken!(answerOf(status, "{}")), { kind: "unauthorised" });
  });

  test("takes no token that would not fit a header, nor one without an end", () => {
    const read = (access_token: unknown, expires_in: unknown) =>
      client.readToken!(answerOf(200, JSON.stringify({ access_token, expires_in })));
    for (const token of ["a b", "a\nb", "", 7, null]) assert.deepEqual(read(token, 60), { kind: "malformed" });
    for (const seconds of [0, -1, "soon", null]) assert.deepEqual(read("abc", seconds), { kind: "malformed" });
  });
});
