import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const bodyOf = (...shipmentinfo: object[]): Buffer => Buffer.from(JSON.stringify({ shipmentinfo }));
const found = { shipmentID: "H1234567890123456789", status: [{ code: "2000" }] };
const missing = { shipmentID: "H1234567890123456790", result: { code: "e001", message: "There is no information for the entered value." } };
const mixed = bodyOf(found, missing);
const errorOf = (code: string): string => JSON.stringify({ listOfResultCodes: [{ code, message: "…" }] });

clientProperties(client, [[["H1234567890123456789"], bodyOf(found)]]);

describe("hermes-de: calls", () => {
  test("repeats the parameter for each number", () => {
    const request = client.trackRequest(
      ["H1", "H2"],
      { clientId: "i", clientSecret: "s", username: "u", password: "p" },
      "t",
      client.baseUrl,
    );
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "GET",
        url: "https://de-api.hermesworld.com/services/hsi/shipmentinfo?shipmentID=H1&shipmentID=H2",
        headers: { accept: "application/json", "accept-language": "EN", authorization: "Bearer t" },
        body: null,
      },
    );
  });

  test("asks for a token as the carrier documents", () => {
    const request = client.tokenRequest!({ clientId: "i", clientSecret: "s", username: "u", password: "p" }, client.baseUrl);
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "POST",
        url: "https://authme.myhermes.de/authorization-facade/oauth2/access_token",
        headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
        body: "grant_type=password&client_id=i&client_secret=s&username=u&password=p",
      },
    );
  });

  test("finds the one bad number among many", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, mixed), ["H1234567890123456789", "H1234567890123456790"]), {
      kind: "answered",
      notFound: ["H1234567890123456790"],
      payloads: [mixed],
    });
  });

  test("hears an expired token, which Hermes says with a 400", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(400, errorOf("e903")), ["H1"]), { kind: "unauthorised" });
  });

  test("takes another 400 for a mistake of ours", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(400, errorOf("e005")), ["H1"]), { kind: "malformed" });
  });

  test("takes an answer without shipments for knowing none", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, errorOf("e001")), ["H1"]), { kind: "answered", notFound: ["H1"], payloads: [] });
  });

  test("asks the simulator for both where an address is set", () => {
    const credentials = { clientId: "i", clientSecret: "s", username: "u", password: "p" };
    assert.equal(
      client.tokenRequest!(credentials, "http://127.0.0.1:9/hermes-de").url,
      "http://127.0.0.1:9/hermes-de/authorization-facade/oauth2/access_token",
    );
  });
});
