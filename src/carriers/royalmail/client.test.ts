import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const answer = Buffer.from(JSON.stringify({ mailPieces: { mailPieceId: "090367574000000FE1E1B", events: [] } }));
const unknown = JSON.stringify({ httpCode: 404, httpMessage: "Resource Not Found", errors: [{ errorCode: "E1142" }] });

clientProperties(client, [[["FQ087430672GB"], answer]]);

describe("royalmail: calls", () => {
  test("asks for the events of one item and accepts the terms", () => {
    const request = client.trackRequest(["FQ087430672GB"], { clientId: "i", clientSecret: "s" }, null, client.baseUrl);
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "GET",
        url: "https://api.royalmail.net/mailpieces/v2/FQ087430672GB/events",
        headers: { accept: "application/json", "x-ibm-client-id": "i", "x-ibm-client-secret": "s", "x-accept-rmg-terms": "yes" },
        body: null,
      },
    );
  });

  test("takes Royal Mail's own 404 for an item that is not known", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(404, unknown), ["FQ087430672GB"]), {
      kind: "answered",
      notFound: ["FQ087430672GB"],
      payloads: [],
    });
  });

  test("does not take another 404 for it", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(404, "not here"), ["FQ087430672GB"]), { kind: "malformed" });
  });
});
