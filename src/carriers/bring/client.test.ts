import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const answer = Buffer.from(
  JSON.stringify({ apiVersion: "2.0.0", consignmentSet: [{ consignmentId: "70438101000000010", packageSet: [] }] }),
);
const unknown = JSON.stringify({ apiVersion: "2.0.0", consignmentSet: [{ error: { code: 404, message: "No shipments found" } }] });

clientProperties(client, [[["370438101000000010"], answer]]);

describe("bring: calls", () => {
  test("asks for one number with Mybring's three headers", () => {
    const request = client.trackRequest(
      ["370438101000000010"],
      { uid: "u@shop.test", apiKey: "k", clientUrl: "https://shop.test" },
      null,
      client.baseUrl,
    );
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "GET",
        url: "https://api.bring.com/tracking/api/v2/tracking.json?q=370438101000000010&lang=en",
        headers: {
          accept: "application/json",
          "x-mybring-api-uid": "u@shop.test",
          "x-mybring-api-key": "k",
          "x-bring-client-url": "https://shop.test",
        },
        body: null,
      },
    );
  });

  test("takes an error in place of the consignment for a number that is not known, with the status 200", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, unknown), ["370438101000000010"]), {
      kind: "answered",
      notFound: ["370438101000000010"],
      payloads: [],
    });
  });

  test("takes an error in place of the consignment for a number that is not known, with the status 404", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(404, unknown), ["370438101000000010"]), {
      kind: "answered",
      notFound: ["370438101000000010"],
      payloads: [],
    });
  });
});
