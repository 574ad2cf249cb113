import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const answer = Buffer.from(JSON.stringify({ CompleteStatus: { Shipment: { Barcode: "3SPKTS0000101", Status: { StatusCode: "5" } } } }));
const unknown = JSON.stringify({ CompleteStatus: null, Warnings: [{ Code: "2", Description: "No shipment found" }] });

clientProperties(client, [[["3SPKTS0000101"], answer]]);

describe("postnl: the feed of what changed", () => {
  const feed = client.feed!;
  const credentials = { apiKey: "k", customerNumber: "10000001" };
  const at = Date.UTC(2026, 10, 26, 12, 0);

  test("asks for a customer's changes in a stretch of Dutch time, in winter and in summer", () => {
    const request = feed.request(at, at + 600_000, credentials, client.baseUrl);
    assert.equal(
      request.url,
      "https://api.postnl.nl/shipment/v2/status/10000001/updatedshipments?period=2026-11-26T13:00:00&period=2026-11-26T13:10:00",
    );
    assert.deepEqual(request.headers, { accept: "application/json", apikey: "k" });
    assert.match(feed.request(Date.UTC(2026, 6, 1, 12), at, credentials, "").url, /period=2026-07-01T14:00:00&/);
  });

  test("gives what changed to ingress as it came, and nothing where nothing did", () => {
    const body = JSON.stringify([{ Barcode: "3SPKTS0000202", Status: { StatusCode: "5" } }]);
    assert.deepEqual(feed.readAnswer(answerOf(200, body)), { kind: "answered", payloads: [Buffer.from(body)] });
    for (const empty of [answerOf(200, "[]"), answerOf(204, "")])
      assert.deepEqual(feed.readAnswer(empty), { kind: "answered", payloads: [] });
  });

  test("gives a long list in pieces that the ingress takes", () => {
    const shipments = Array.from({ length: 1201 }, (_, at) => ({
      Barcode: `3SPKTS${String(at).padStart(7, "0")}`,
      Status: { StatusCode: "5" },
    }));
    const outcome = feed.readAnswer(answerOf(200, JSON.stringify(shipments)));
    assert.ok(outcome.kind === "answered");
    const pieces = outcome.payloads.map((payload) => JSON.parse(Buffer.from(payload).toString()) as unknown[]);
    assert.deepEqual(
      pieces.map(({ length }) => length),
      [500, 500, 201],
    );
    assert.deepEqual(pieces.flat(), shipments);
  });

  test("tells trouble from emptiness", () => {
    assert.deepEqual(feed.readAnswer(answerOf(200, '{"Errors":[]}')), { kind: "malformed" });
    assert.deepEqual(feed.readAnswer(answerOf(200, "<html>")), { kind: "malformed" });
    assert.equal(feed.readAnswer(answerOf(401, "{}")).kind, "unauthorised");
    assert.equal(feed.readAnswer(answerOf(429, "{}")).kind, "rate-limited");
    assert.equal(feed.readAnswer(answerOf(503, "")).kind, "unavailable");
  });
});

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
