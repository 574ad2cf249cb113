import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const bodyOf = (...parcels: object[]): Buffer => Buffer.from(JSON.stringify({ parcels }));
const found = { requested: "51230000417", unitno: "51230000417", status: "INTRANSIT" };
const oneUnknown = bodyOf(found, { requested: "51230000999", errorCode: "E_404_01", errorMessage: "Resource Not Found" });
const oneInTrouble = bodyOf(found, { requested: "51230000999", errorCode: "E_500_01" });
const allInTrouble = bodyOf({ requested: "51230000417", errorCode: "E_500_01" }, { requested: "51230000999", errorCode: "E_500_01" });
const tokenExpired = {
  fault: { faultstring: "The Token has expired: policy(Verify-JWT)", detail: { errorcode: "steps.jwt.TokenExpired" } },
};

clientProperties(client, [[["51230000417"], bodyOf(found)]]);

describe("gls: calls", () => {
  test("joins numbers with commas and asks for no delivery information", () => {
    const request = client.trackRequest(["51230000417", "7QK4ZM2P"], { clientId: "i", clientSecret: "s" }, "t", client.baseUrl);
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "GET",
        url: "https://api.gls-group.net/track-and-trace-v1/tracking/simple/trackids/51230000417,7QK4ZM2P",
        headers: { accept: "application/json", "accept-language": "EN", authorization: "Bearer t" },
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
        url: "https://api.gls-group.net/oauth2/v2/token",
        headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded", authorization: "Basic aTpz" },
        body: "grant_type=client_credentials",
      },
    );
  });

  test("finds the one bad number among many", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, oneUnknown), ["51230000417", "51230000999"]), {
      kind: "answered",
      notFound: ["51230000999"],
      payloads: [oneUnknown],
    });
  });

  test("does not take trouble with one number for not knowing it", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, oneInTrouble), ["51230000417", "51230000999"]), {
      kind: "answered",
      notFound: [],
      payloads: [oneInTrouble],
    });
  });

  test("takes trouble with all of them for an outage", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, allInTrouble), ["51230000417", "51230000999"]), {
      kind: "unavailable",
      retryAfterMs: null,
    });
  });

  test("hears an expired token", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(401, JSON.stringify(tokenExpired)), ["51230000417"]), { kind: "unauthorised" });
  });
});
