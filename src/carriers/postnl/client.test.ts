import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const answer = Buffer.from(JSON.stringify({ CompleteStatus: { Shipment: { Barcode: "3SPKTS0000101", Status: { StatusCode: "5" } } } }));
const unknown = JSON.stringify({ CompleteStatus: null, Warnings: [{ Code: "2", Description: "No shipment found" }] });

clientProperties(client, [[["3SPKTS0000101"], answer]]);

describe("postnl: calls", () => {
  test("asks for one barcode with all its events", () => {
    const request = client.trackRequest(["3SPKTS0000101"], { apiKey: "k" }, null, client.baseUrl);
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "GET",
        url: "https://api.postnl.nl/shipment/v2/status/barcode/3SPKTS0000101?detail=true&language=EN",
        headers: { accept: "application/json", apikey: "k" },
        body: null,
      },
    );
  });

  test("takes a warning in place of a shipment for a barcode that is not known", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, unknown), ["3SPKTS0000101"]), {
      kind: "answered",
      notFound: ["3SPKTS0000101"],
      payloads: [],
    });
  });

  test("takes an empty object for nothing that PostNL documents", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, "{}"), ["3SPKTS0000101"]), { kind: "malformed" });
  });
});
