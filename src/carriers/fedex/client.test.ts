import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const result = (trackingNumber: string, error?: string): object => ({
  trackingNumber,
  trackResults: [error === undefined ? { trackingNumberInfo: { trackingNumber }, scanEvents: [] } : { error: { code: error } }],
});
const bodyOf = (...completeTrackResults: object[]): Buffer => Buffer.from(JSON.stringify({ output: { completeTrackResults } }));
const oneUnknown = bodyOf(result("794600000001"), result("794600000002", "TRACKING.TRACKINGNUMBER.NOTFOUND"));
const someDown = bodyOf(result("794600000001"), result("794600000002", "SYSTEM.UNAVAILABLE.EXCEPTION"));
const allDown = bodyOf(result("794600000001", "SYSTEM.UNAVAILABLE.EXCEPTION"), result("794600000002", "SYSTEM.UNAVAILABLE.EXCEPTION"));

clientProperties(client, [[["794600000001", "794600000002"], bodyOf(result("794600000001"), result("794600000002"))]]);

describe("fedex: calls", () => {
  test("asks for many numbers at once", () => {
    const request = client.trackRequest(["1", "2"], { clientId: "i", clientSecret: "s" }, "t", client.baseUrl);
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "POST",
        url: "https://apis.fedex.com/track/v1/trackingnumbers",
        headers: { accept: "application/json", "content-type": "application/json", authorization: "Bearer t", "x-locale": "en_US" },
        body: `{"includeDetailedScans":true,"trackingInfo":[{"trackingNumberInfo":{"trackingNumber":"1"}},{"trackingNumberInfo":{"trackingNumber":"2"}}]}`,
      },
    );
  });

  test("asks for a token as the carrier documents", () => {
    const request = client.tokenRequest!({ clientId: "i", clientSecret: "s&t" }, client.baseUrl);
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "POST",
        url: "https://apis.fedex.com/oauth/token",
        headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
        body: "grant_type=client_credentials&client_id=i&client_secret=s%26t",
      },
    );
  });

  test("finds the one bad number among many", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, oneUnknown), ["794600000001", "794600000002"]), {
      kind: "answered",
      notFound: ["794600000002"],
      payloads: [oneUnknown],
    });
  });

  test("does not take trouble with one number for not knowing it", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, someDown), ["794600000001", "794600000002"]), {
      kind: "answered",
      notFound: [],
      payloads: [someDown],
    });
  });

  test("takes trouble with all of them for an outage", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, allDown, { "retry-after": "5" }), ["794600000001", "794600000002"]), {
      kind: "unavailable",
      retryAfterMs: 5000,
    });
  });
});
