import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const answer = Buffer.from(JSON.stringify({ shipments: [{ id: "8899001122", status: { statusCode: "transit" } }] }));
const unknown = { title: "No result found", detail: "No shipment with given tracking number found.", status: 404 };

clientProperties(client, [[["8899001122"], answer]]);

describe("dhl-unified: calls", () => {
  test("asks for one number with the key in DHL's header", () => {
    const request = client.trackRequest(["88 99/1"], { apiKey: "k" }, null, client.baseUrl);
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "GET",
        url: "https://api-eu.dhl.com/track/shipments?trackingNumber=88%2099%2F1",
        headers: { accept: "application/json", "dhl-api-key": "k" },
        body: null,
      },
    );
  });

  test("takes DHL's own 404 for a number that is not known", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(404, JSON.stringify(unknown)), ["8899001122"]), {
      kind: "answered",
      notFound: ["8899001122"],
      payloads: [],
    });
  });

  test("does not take a proxy's 404 for it", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(404, "<html>no such page</html>"), ["8899001122"]), { kind: "malformed" });
  });

  test("hears how long to wait over the quota", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(429, "{}", { "retry-after": "86" }), ["8899001122"]), {
      kind: "rate-limited",
      retryAfterMs: 86_000,
    });
  });

  test("hears a refused key", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(401, "{}"), ["8899001122"]), { kind: "unauthorised" });
  });
});
