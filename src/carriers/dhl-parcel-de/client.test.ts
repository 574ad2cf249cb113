import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const list = (code: string, ...pieces: string[]): Buffer =>
  Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?><data name="piece-shipment-list" code="${code}" request-id="r">${pieces.join("")}</data>`,
  );
const piece = (number: string, errorStatus = "0"): string =>
  `<data name="piece-shipment" error-status="${errorStatus}" piece-code="${number}" searched-piece-code="${number}"/>`;
const mixed = list("0", piece("00340434161094015902"), piece("00340434161094022115", "100"));
const credentials = { apiKey: "k", apiSecret: "s", appname: "zt", password: `p"<&` };

clientProperties(client, [[["00340434161094015902"], list("0", piece("00340434161094015902"))]]);

describe("dhl-parcel-de: calls", () => {
  test("puts both credentials and all numbers in, and no postal code", () => {
    const { url, headers, body } = client.trackRequest(["00340434161094015902", "00340434161094022115"], credentials, null, client.baseUrl);
    const { origin, pathname, searchParams } = new URL(url);
    assert.equal(origin + pathname, "https://api-eu.dhl.com/parcel/de/tracking/v0/shipments");
    assert.equal(
      searchParams.get("xml"),
      `<?xml version="1.0" encoding="UTF-8" standalone="no"?><data appname="zt" language-code="en" password="p&quot;&lt;&amp;" piece-code="00340434161094015902;00340434161094022115" request="d-get-piece-detail"/>`,
    );
    assert.deepEqual(headers, { accept: "application/xml", authorization: "Basic azpz" });
    assert.equal(body, null);
  });

  test("finds the one bad number among many", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, mixed), ["00340434161094015902", "00340434161094022115"]), {
      kind: "answered",
      notFound: ["00340434161094022115"],
      payloads: [mixed],
    });
  });

  test("reads a failed login in a 200", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, list("5")), ["00340434161094015902"]), { kind: "unauthorised" });
  });

  test("reads too many failed logins in a 200", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, list("6")), ["00340434161094015902"]), { kind: "unauthorised" });
  });

  test("reads a database that is down in a 200", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, list("-1")), ["00340434161094015902"]), {
      kind: "unavailable",
      retryAfterMs: null,
    });
  });

  test("reads that nothing is known in a 200", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, list("100")), ["00340434161094015902"]), {
      kind: "answered",
      notFound: ["00340434161094015902"],
      payloads: [],
    });
  });

  test("reads a code that it does not know in a 200", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, list("4711")), ["00340434161094015902"]), { kind: "malformed" });
  });
});
