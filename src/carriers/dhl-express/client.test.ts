import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const bodyOf = (...numbers: string[]): Buffer =>
  Buffer.from(
    JSON.stringify({ shipments: numbers.map((shipmentTrackingNumber) => ({ shipmentTrackingNumber, status: "Success", events: [] })) }),
  );
const one = bodyOf("1234567890");
const unknown = JSON.stringify({ instance: "/expressapi/tracking", detail: "No Shipments Found", title: "Not found", status: "404" });

clientProperties(client, [[["1234567890"], one]]);

describe("dhl-express: calls", () => {
  test("repeats the parameter for each number and asks for no more than checkpoints", () => {
    const request = client.trackRequest(["1234567890", "1234567891"], { username: "i", password: "s" }, null, client.baseUrl);
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "GET",
        url: "https://express.api.dhl.com/mydhlapi/tracking?shipmentTrackingNumber=1234567890&shipmentTrackingNumber=1234567891&trackingView=all-checkpoints&levelOfDetail=shipment",
        headers: { accept: "application/json", authorization: "Basic aTpz" },
        body: null,
      },
    );
  });

  test("takes numbers that are missing in the answer for not known", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, one), ["1234567890", "1234567891"]), {
      kind: "answered",
      notFound: ["1234567891"],
      payloads: [one],
    });
  });

  test("takes DHL's own 404 for knowing none", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(404, unknown), ["1234567890"]), {
      kind: "answered",
      notFound: ["1234567890"],
      payloads: [],
    });
  });

  test("does not take another 404 for it", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(404, "{}"), ["1234567890"]), { kind: "malformed" });
  });
});
