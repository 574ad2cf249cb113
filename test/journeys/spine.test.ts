import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { gzipSync } from "node:zlib";
import { after, before, describe, test } from "node:test";
import { Errors } from "typebox/value";
import { RunningProgram } from "../support/running-program.ts";

const secret = "spine-secret";
let serial = 0;

/** A FedEx answer with an invented person. */
function body(number: string, person = "Ida Musterweg"): string {
  return JSON.stringify({
    serial: serial++,
    output: {
      completeTrackResults: [
        {
          trackingNumber: number,
          trackResults: [
            {
              trackingNumberInfo: { trackingNumber: number },
              recipientInformation: {
                contact: { personName: person, phoneNumber: "+4915112345678" },
                address: { streetLines: ["Lindenallee 4711"], city: "Musterstadt", countryCode: "DE" },
              },
              latestStatusDetail: { code: "DL", derivedCode: "DL", description: `Delivered to ${person}` },
              scanEvents: [
                {
                  date: "2026-11-20T10:00:00+01:00",
                  eventType: "DL",
                  eventDescription: `Delivered to ${person}`,
                  derivedStatusCode: "DL",
                  scanLocation: { countryCode: "DE" },
                },
                {
                  date: "2026-11-19T10:00:00+01:00",
                  eventType: "PU",
                  eventDescription: "Picked up",
                  derivedStatusCode: "PU",
                  scanLocation: { countryCode: "DE" },
                },
              ],
            },
          ],
        },
      ],
    },
  });
}

const signed = (text: string | Buffer): Record<string, string> => ({
  "content-type": "application/json",
  "fdx-signature": createHmac("sha256", secret).update(text).digest("base64"),
});

describe("a carrier's webhook", () => {
  const program = new RunningProgram();
  let tenant = "";
  let key = "";
  let hook = "";

  before(async () => {
    await program.start();
    ({ tenant, apiKey: key } = JSON.parse(program.command("tenants", "create", "--name", "Spine", "--json")));
    hook = `/v1/hooks/${JSON.parse(program.command("endpoints", "create", "--tenant", tenant, "--source", "fedex", "--secret", secret, "--json")).id}`;
  });
  after(() => program.remove());

  const post = (text: string | Buffer, headers: Record<string, string> = signed(text)) => program.call(hook, { body: text, headers });
  const processed = (receipt: string) =>
    program.until(async () => {
      const found = (await program.call(`/v1/receipts/${receipt}`, { key })).json();
      return found.state === "processed" ? found : null;
    }, "the record to be processed");

  test("becomes a pseudonymous shipment", async () => {
    const answer = await post(body("770000000001"));
    assert.equal(answer.status, 202);
    const { shipments } = await processed(answer.json().receipt);
    const shipment = (await program.call(`/v1/shipments/${shipments[0]}`, { key })).json();
    assert.equal(shipment.status, "delivered");
    assert.deepEqual(
      shipment.events.map((event: { occurredAt: string; code: string }) => [event.occurredAt, event.code]),
      [
        ["2026-11-19T09:00:00Z", "PU"],
        ["2026-11-20T09:00:00Z", "DL"],
      ],
    );
    const found = (await program.call("/v1/shipments?carrier=fedex&trackingNumber=7700%200000%200001", { key })).json();
    assert.equal(found.items[0].id, shipment.id);
    assert.match(shipment.trackingNumber, /^ptk_eu1_tn1_[0-9A-HJKMNP-TV-Z]{38}$/);
    assert.doesNotMatch(JSON.stringify(shipment), /Musterweg|Lindenallee|Musterstadt|770000000001|4915112345678/);
  });

  test("is seen on the shopper's page without tokens", async () => {
    const { shipments } = await processed((await post(body("770000000002"))).json().receipt);
    const { publicId } = (await program.call(`/v1/shipments/${shipments[0]}`, { key })).json();
    const tracked = await program.call(`/v1/track/${publicId}`);
    assert.equal(tracked.json().status, "delivered");
    assert.doesNotMatch(tracked.text, /ptk_/);
    const page = await program.call(`/t/${publicId}`);
    assert.match(page.text, /Delivered/);
    assert.match(page.headers.get("content-security-policy")!, /default-src 'none'/);
  });

  test("gets its first receipt when it is sent again", async () => {
    const text = body("770000000003");
    const first = (await post(text)).json().receipt;
    const again = await Promise.all(Array.from({ length: 8 }, () => post(text)));
    for (const answer of again) assert.deepEqual([answer.status, answer.json().receipt], [202, first]);
  });

  test("keeps to an Idempotency-Key and refuses another body under it", async () => {
    const text = body("770000000004");
    const headers = { ...signed(text), "idempotency-key": "k1" };
    const first = (await post(text, headers)).json().receipt;
    assert.equal((await post(text, headers)).json().receipt, first);
    const other = body("770000000004");
    const refused = await post(other, { ...signed(other), "idempotency-key": "k1" });
    assert.deepEqual([refused.status, refused.json().code], [422, "idempotency_key_reused"]);
  });

  test("is taken compressed, signed over either form", async () => {
    const text = Buffer.from(body("770000000005"));
    const packed = gzipSync(text);
    assert.equal((await post(packed, { ...signed(packed), "content-encoding": "gzip" })).status, 202);
    const other = gzipSync(body("770000000006"));
    assert.equal((await post(other, { ...signed(other), "content-encoding": "gzip" })).status, 202);
  });

  test("is refused in a way that does not say which part was wrong", async () => {
    const cases: [string, Record<string, string>, number, string][] = [
      [body("770000000007"), { "content-type": "application/json", "fdx-signature": "A".repeat(44) }, 401, "not_authenticated"],
      [body("770000000007"), { "content-type": "application/json" }, 401, "not_authenticated"],
      [body("770000000007"), { "content-type": "image/png" }, 415, "unsupported_media_type"],
      ["x".repeat(1024 * 1024 + 1), { "content-type": "application/json" }, 413, "body_too_large"],
    ];
    for (const [text, headers, status, code] of cases) {
      const answer = await post(text, headers);
      assert.deepEqual([answer.status, answer.json().code], [status, code]);
      assert.match(answer.headers.get("content-type")!, /problem\+json/);
    }
    assert.equal((await program.call("/v1/hooks/ep_00000000000000000000", { body: "{}" })).status, 404);
    const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));
    assert.equal((await post(bomb, { ...signed(bomb), "content-encoding": "gzip" })).status, 413);
  });

  test("goes to quarantine when it is authentic and does not fit", async () => {
    const text = '{"neither": "shape Ida Musterweg"}';
    const { receipt } = (await post(text)).json();
    const found = (await program.call(`/v1/receipts/${receipt}`, { key })).json();
    assert.deepEqual([found.state, found.reason, found.shipments], ["quarantined", "unknown-shape", []]);
    const letters = (await program.call("/v1/dead-letters", { key })).json();
    assert.ok(letters.items.some((letter: { receipt: string }) => letter.receipt === receipt));
    const retry = await program.call(`/v1/dead-letters/${receipt}/retry`, { key, method: "POST" });
    assert.deepEqual([retry.status, retry.json().code], [409, "still_undecodable"]);
  });

  test("is not seen by another tenant", async () => {
    const { receipt } = (await post(body("770000000008"))).json();
    const { shipments } = await processed(receipt);
    const other = JSON.parse(program.command("tenants", "create", "--name", "Other", "--json")).apiKey;
    for (const path of [`/v1/receipts/${receipt}`, `/v1/shipments/${shipments[0]}`])
      assert.equal((await program.call(path, { key: other })).status, 404);
    assert.deepEqual((await program.call("/v1/shipments?trackingNumber=770000000008", { key: other })).json().items, []);
    assert.equal((await program.call("/v1/shipments", { key: "pk_0000000000000000_00000000000000000000000000000000" })).status, 401);
  });

  test("registers shipments singly and by import, with a report per row", async () => {
    const shipment = {
      carrier: "gls",
      trackingNumber: "36301917596",
      orderReference: "A-1",
      recipient: { name: "Jonas Beispiel", email: "jonas@beispiel.test" },
    };
    const one = await program.call("/v1/shipments", {
      key,
      body: JSON.stringify(shipment),
      headers: { "content-type": "application/json" },
    });
    assert.equal(one.status, 202);
    await processed(one.json().receipt);
    const csv = "tracking_number,carrier,recipient_name\nCSV10000001,gls,Marta Ejemplo\nx,gls,Luc Fictif\nCSV10000002,,Pia Esempio\n";
    const report = (await program.call("/v1/shipments/import", { key, body: csv, headers: { "content-type": "text/csv" } })).text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      report.map((row) => [row.row, row.receipt !== undefined]),
      [
        [1, true],
        [2, false],
        [3, true],
      ],
    );
    assert.doesNotMatch(JSON.stringify(report), /Fictif/);
    await processed(report[2].receipt);
    assert.equal((await program.call("/v1/shipments?trackingNumber=CSV10000002", { key })).json().items.length, 1);
    const wrong = await program.call("/v1/shipments", {
      key,
      body: JSON.stringify({ trackingNumber: "1", stranger: "Ida" }),
      headers: { "content-type": "application/json" },
    });
    assert.deepEqual([wrong.status, wrong.json().code], [400, "invalid_field"]);
    assert.doesNotMatch(wrong.text, /Ida/);
  });

  test("answers as the description of the interface says", async () => {
    const { receipt } = (await post(body("770000000009"))).json();
    const { shipments } = await processed(receipt);
    const { publicId } = (await program.call(`/v1/shipments/${shipments[0]}`, { key })).json();
    const description = (await program.call("/openapi.json")).json();
    for (const [described, asked] of [
      ["/v1/receipts/{id}", `/v1/receipts/${receipt}`],
      ["/v1/shipments/{id}", `/v1/shipments/${shipments[0]}`],
      ["/v1/shipments", "/v1/shipments?carrier=fedex&trackingNumber=770000000009"],
      ["/v1/shipments", "/v1/shipments?limit=2"],
      ["/v1/dead-letters", "/v1/dead-letters"],
      ["/v1/endpoints", "/v1/endpoints"],
      ["/v1/track/{publicId}", `/v1/track/${publicId}`],
    ] as const) {
      const { schema } = description.paths[described].get.responses["200"].content["application/json"];
      assert.deepEqual(Errors(schema, (await program.call(asked, { key })).json()), [], asked);
    }
  });

  test("has a description of the interface, metrics and health", async () => {
    assert.equal((await program.call("/openapi.json")).json().openapi, "3.1.0");
    assert.equal((await program.call("/docs/")).status, 200);
    assert.match((await program.call("/metrics")).text, /parcelkeep_webhooks_total\{source="fedex",outcome="accepted"\}/);
    assert.equal((await program.call("/readyz")).status, 200);
  });

  test("leaves a second program on the same folder no room, and stops cleanly", async () => {
    assert.throws(() => program.command("start", "--no-demo"), /another program holds the data folder/);
    assert.equal(await program.stop(), 0);
  });
});

test("answers a flood with 429 and when to come again", async (t) => {
  const program = new RunningProgram({ PARCELKEEP_TENANT_RATE: "5", PARCELKEEP_TENANT_BURST: "10" });
  t.after(() => program.remove());
  await program.start();
  const { tenant } = JSON.parse(program.command("tenants", "create", "--name", "Flood", "--json"));
  const { id } = JSON.parse(program.command("endpoints", "create", "--tenant", tenant, "--source", "fedex", "--secret", secret, "--json"));
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => {
      const text = body(`7800000000${index}`);
      return program.call(`/v1/hooks/${id}`, { body: text, headers: signed(text) });
    }),
  );
  const flooded = answers.filter((answer) => answer.status === 429);
  assert.ok(flooded.length >= 20);
  assert.ok(Number(flooded[0]!.headers.get("retry-after")) >= 1);
  assert.ok(answers.every((answer) => [202, 429].includes(answer.status)));
});
