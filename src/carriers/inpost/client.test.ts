import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answerOf, clientProperties } from "../../../test/support/client-properties.ts";
import { client } from "./client.ts";

const answer = Buffer.from(JSON.stringify({ tracking_number: "602677439331630337653846", status: "delivered", tracking_details: [] }));
const unknown = JSON.stringify({ status: 404, error: "resource_not_found", message: "Parcel not found", details: {} });

clientProperties(client, [[["602677439331630337653846"], answer]]);

describe("inpost: calls", () => {
  test("asks for one number with the organisation's token", () => {
    const request = client.trackRequest(["602677439331630337653846"], { accessToken: "t" }, null, client.baseUrl);
    assert.deepEqual(
      { method: request.method, url: request.url, headers: request.headers, body: request.body },
      {
        method: "GET",
        url: "https://api-shipx-pl.easypack24.net/v1/tracking/602677439331630337653846",
        headers: { accept: "application/json", authorization: "Bearer t" },
        body: null,
      },
    );
  });

  test("takes InPost's own 404 for a number that is not known", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(404, unknown), ["602677439331630337653846"]), {
      kind: "answered",
      notFound: ["602677439331630337653846"],
      payloads: [],
    });
  });

  test("does not take another 404 for it", () => {
    assert.deepEqual(client.readTrackAnswer(answerOf(404, "{}"), ["602677439331630337653846"]), { kind: "malformed" });
  });
});
