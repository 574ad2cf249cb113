import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const found = (idShip: string): object => ({ lang: "fr_FR", scope: "open", returnCode: 200, idShip, shipment: { idShip, event: [] } });
const lost = (idShip: string): object => ({
  lang: "fr_FR",
  scope: "open",
  returnCode: 404,
  returnMessage: "Ressource non trouvée",
  idShip,
});
const one = Buffer.from(JSON.stringify(found("6A99999999991")));
const many = Buffer.from(JSON.stringify([found("6A99999999991"), found("6A99999999992")]));
const mixed = Buffer.from(JSON.stringify([found("6A99999999991"), lost("6A99999999992")]));
const down = JSON.stringify([
  { returnCode: 500, idShip: "6A99999999991" },
  { returnCode: 504, idShip: "6A99999999992" },
]);

clientProperties(client, [
  [["6A99999999991"], one],
  [["6A99999999991", "6A99999999992"], many],
]);

describe("laposte: calls", () => {
  test("joins numbers with commas and names nobody who looks", () => {
    const request = client.trackRequest(["6A99999999991", "6A99999999992"], { okapiKey: "k" }, null, client.baseUrl);
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "GET",
        url: "https://api.laposte.fr/suivi/v2/idships/6A99999999991,6A99999999992?lang=fr_FR",
        headers: { accept: "application/json", "x-okapi-key": "k" },
        body: null,
      },
    );
  });

  test("finds the one bad number among many", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(207, mixed), ["6A99999999991", "6A99999999992"]), {
      kind: "answered",
      notFound: ["6A99999999992"],
      payloads: [mixed],
    });
  });

  test("takes La Poste's own 404 for a number that is not known", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(404, JSON.stringify(lost("6A99999999992"))), ["6A99999999992"]), {
      kind: "answered",
      notFound: ["6A99999999992"],
      payloads: [],
    });
  });

  test("takes trouble with all of them for an outage", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(207, down), ["6A99999999991", "6A99999999992"]), {
      kind: "unavailable",
      retryAfterMs: null,
    });
  });

  test("does not take a list without codes for an answer", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(200, "[{}]"), ["6A99999999991"]), { kind: "malformed" });
  });

  test("takes a 400 about one number for not known, about several for a mistake of ours", () => {
    const answer = answerOf(400, JSON.stringify({ returnCode: 400, returnMessage: "Requête invalide" }));
    assert.deepEqual(client.readTrackAnswer(answer, ["6A1"]), { kind: "answered", notFound: ["6A1"], payloads: [] });
    assert.deepEqual(client.readTrackAnswer(answer, ["6A1", "6A2"]), { kind: "malformed" });
  });
});
