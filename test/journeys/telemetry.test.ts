import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { checkedAttributes, type SpanName, spanList } from "../../src/main/telemetry/span-list.ts";
import { leaks } from "../samples/scanner.ts";
import { OtlpReceiver } from "../support/otlp-receiver.ts";
import { RunningProgram } from "../support/running-program.ts";

const secret = "telemetry-secret";
const person = {
  name: "Ida Musterweg",
  phone: "+4915112345678",
  email: "ida@beispiel.example",
  street: "Lindenallee 4711",
  city: "Musterstadt",
};
const numbers = ["770000008001", "770000008002", "42424248003"] as const;

/** Sent while the endpoint hangs. */
const others = ["770000008101", "770000008102", "770000008103"];

/** A FedEx answer with an invented person. */
function scan(number: string): string {
  const result = {
    trackingNumberInfo: { trackingNumber: number },
    recipientInformation: {
      contact: { personName: person.name, phoneNumber: person.phone },
      address: { streetLines: [person.street], city: person.city, countryCode: "DE" },
    },
    latestStatusDetail: { code: "DL", derivedCode: "DL", description: `Delivered to ${person.name}` },
    scanEvents: [
      {
        date: "2026-11-20T10:00:00+01:00",
        eventType: "DL",
        eventDescription: `Delivered to ${person.name}`,
        derivedStatusCode: "DL",
        scanLocation: { countryCode: "DE" },
      },
    ],
  };
  return JSON.stringify({ output: { completeTrackResults: [{ trackingNumber: number, trackResults: [result] }] } });
}

describe("a program with an endpoint for telemetry", () => {
  const strangersTrace = "0af7651916cd43dd8448eb211c80319c";
  let receiver: OtlpReceiver;
  let program: RunningProgram;
  const merchant = createServer((request, response) => request.resume().on("end", () => response.end()));
  const ids: string[] = [];

  before(async () => {
    receiver = await OtlpReceiver.start();
    await new Promise<void>((resolve) => merchant.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(merchant.address() as AddressInfo).port}`;
    program = new RunningProgram({
      PARCELKEEP_OTLP_ENDPOINT: receiver.url,
      PARCELKEEP_OTLP_HEADERS: "authorization=Bearer%20collector-key",
      PARCELKEEP_OTLP_SAMPLE_RATIO: "1",
      PARCELKEEP_OTLP_METRICS_MS: "1000",
      PARCELKEEP_SEGMENT_AGE_MS: "1",
      PARCELKEEP_EGRESS_TEST_HOSTS: host,
    });
    await program.start();
    const { tenant, apiKey: key } = JSON.parse(program.command("tenants", "create", "--name", "Telemetry", "--json"));
    const json = { "content-type": "application/json" };
    const created = JSON.parse(
      program.command("endpoints", "create", "--tenant", tenant, "--source", "fedex", "--secret", secret, "--json"),
    );
    await program.call("/v1/webhook-endpoints", { key, body: JSON.stringify({ url: `http://${host}/ida` }), headers: json });
    const post = (text: string, signature = createHmac("sha256", secret).update(text).digest("base64")) =>
      program.call(`/v1/hooks/${created.id}?name=${encodeURIComponent(person.name)}`, {
        body: text,
        headers: { ...json, "fdx-signature": signature, traceparent: `00-${strangersTrace}-b7ad6b7169203331-01`, baggage: "person=Ida" },
      });
    const taken = [await post(scan(numbers[0])), await post(scan(numbers[1])), await post(scan(numbers[1]))];
    assert.deepEqual(
      taken.map(({ status }) => status),
      [202, 202, 202],
    );
    assert.equal((await post(scan(numbers[0]), "nobody's")).status, 401);
    const lost = await program.call(`/v1/hooks/${encodeURIComponent(person.email)}`, { body: "{}", headers: json });
    assert.equal(lost.status, 404);
    const shipment = { carrier: "gls", trackingNumber: numbers[2], recipient: { name: person.name, email: person.email } };
    assert.equal((await program.call("/v1/shipments", { key, body: JSON.stringify(shipment), headers: json })).status, 202);
    const body = `{"person": "${person.name}"}`;
    const path = `/v1/captured?tenant=${tenant}&source=gls`;
    const strange = (
      await program.call(path, { key: program.operatorKey, body, headers: { "content-type": "application/octet-stream" } })
    ).json();
    // An opener reads it, and it does not decode a second time either.
    assert.equal(
      (await program.call(`/v1/dead-letters/${strange.receipt}/retry`, { key, body: '{"source":"gls"}', headers: json })).status,
      409,
    );
    const receipts = taken.map((each) => each.json().receipt);
    for (const receipt of receipts)
      await program.until(
        async () => (await program.call(`/v1/receipts/${receipt}`, { key })).json().state === "processed",
        "the record to be processed",
      );
    const { shipments } = (await program.call(`/v1/receipts/${receipts[0]}`, { key })).json();
    const { publicId, trackingNumber } = (await program.call(`/v1/shipments/${shipments[0]}`, { key })).json();
    ids.push(tenant, key, created.id, strange.receipt, ...receipts, ...shipments, publicId, trackingNumber);
    await program.until(
      async () => (["webhook.deliver", "archive.round", "worker.turn", "opener.run"] as const).every((name) => told(name).length > 0),
      "spans of every process",
    );
    await program.until(async () => ["front", "worker", "archivist", "outbound"].every(hasSent), "the metrics of every process");
    // What hangs from here on holds up neither an answer nor the end.
    await program.until(async () => told("webhook.receive").length === 5, "the spans of the webhooks");
    receiver.manner = "hangs";
    const meanwhile = await Promise.all(others.map((number) => post(scan(number))));
    assert.deepEqual(
      meanwhile.map(({ status }) => status),
      others.map(() => 202),
    );
    assert.equal(await program.stop(), 0);
  });
  after(async () => {
    await program?.remove();
    merchant.close();
    await receiver?.stop();
  });

  const hasSent = (role: string): boolean =>
    receiver
      .metrics()
      .filter((metric) => metric.role === role && metric.name === "parcelkeep_telemetry_spans_total")
      .some(({ points }) => points.some(({ attributes, asDouble }) => attributes["outcome"] === "sent" && Number(asDouble) > 0));
  const told = (name: SpanName) => receiver.spans().filter((span) => span.name === name);

  test("tells spans of the list alone, with attributes of the list alone and nothing beside them", () => {
    const spans = receiver.spans();
    for (const span of spans) {
      assert.ok(Object.hasOwn(spanList, span.name), span.name);
      const { "error.type": failure, ...attributes } = span.attributes;
      const fixed: Readonly<Record<string, string>> = spanList[span.name as SpanName].fixed;
      const own = Object.entries(attributes).filter(([name]) => !Object.hasOwn(fixed, name));
      assert.equal(checkedAttributes(span.name as SpanName, Object.fromEntries(own)).refused, 0, JSON.stringify(attributes));
      assert.ok(failure === undefined || failure === attributes["parcelkeep.outcome"]);
      assert.deepEqual([span.events, span.links, span.status.message], [[], [], undefined]);
      assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano));
    }
    const paths = new Set(receiver.requests.map(({ path }) => path));
    assert.deepEqual(paths, new Set(["/v1/traces", "/v1/metrics"]));
    for (const { headers } of receiver.requests) assert.equal(headers.authorization, "Bearer collector-key");
  });

  test("tells of a webhook its route, source, status and outcome, and how long it waited for its commit", () => {
    const first = told("webhook.receive").slice(0, 5);
    const outcomes = first.map(({ attributes }) => [
      attributes["parcelkeep.source"],
      attributes["http.response.status_code"],
      attributes["parcelkeep.outcome"],
    ]);
    assert.deepEqual(outcomes, [
      ["fedex", 202, "accepted"],
      ["fedex", 202, "accepted"],
      ["fedex", 202, "duplicate"],
      ["fedex", 401, "not_authenticated"],
      [undefined, 404, "not_found"],
    ]);
    for (const { attributes, kind } of told("webhook.receive"))
      assert.deepEqual([attributes["http.route"], kind], ["/v1/hooks/:endpointId", 2]);
    const received = new Map(told("webhook.receive").map((span) => [span.spanId, span]));
    for (const wait of told("intake.wait")) assert.equal(received.get(wait.parentSpanId!)?.traceId, wait.traceId);
    assert.equal(told("intake.wait").length >= 3, true);
  });

  test("tells of commits, turns, segments, deliveries and openers", () => {
    const sum = (name: SpanName, attribute: string) =>
      told(name).reduce((total, { attributes }) => total + Number(attributes[attribute] ?? 0), 0);
    assert.ok(sum("intake.commit", "parcelkeep.records") >= 4);
    assert.ok(sum("intake.commit", "parcelkeep.bytes") >= 2 * scan(numbers[0]).length);
    assert.ok(sum("worker.turn", "parcelkeep.jobs") >= 3);
    assert.ok(sum("archive.round", "parcelkeep.records") >= 1);
    assert.ok(told("webhook.deliver").every(({ attributes }) => attributes["parcelkeep.outcome"] === "delivered"));
    assert.deepEqual(
      told("opener.run").map(({ role, attributes }) => [role, attributes["parcelkeep.purpose"], attributes["parcelkeep.outcome"]]),
      [["front", "replay", "opened"]],
    );
  });

  test("begins a trace of its own, whatever a caller says", () => {
    assert.ok(!receiver.text.includes(strangersTrace));
    for (const span of receiver.spans()) assert.equal(span.parentSpanId !== undefined, span.name === "intake.wait");
  });

  test("tells the counters that stand at /metrics", () => {
    const last = (name: string) => receiver.metrics().findLast((metric) => metric.name === name && metric.role === "front");
    const received = last("parcelkeep_webhooks_total")!;
    const point = received.points.find(({ attributes }) => attributes["source"] === "fedex" && attributes["outcome"] === "accepted");
    assert.equal(received.kind, "sum");
    assert.ok(Number(point?.["asDouble"]) >= 2);
    assert.equal(last("parcelkeep_commit_batch_records")!.kind, "histogram");
    assert.ok(
      receiver
        .metrics()
        .every(({ name, points }) => name !== "parcelkeep_telemetry_refused_attributes_total" || points[0]!["asDouble"] === 0),
    );
  });

  test("tells no value of a person's and no id of anything's", () => {
    const text = receiver.text;
    assert.ok(text.length > 10_000);
    const places = new Map([["telemetry", text]]);
    for (const value of [...Object.values(person), ...numbers, ...others, "Musterweg", "Lindenallee", secret])
      assert.deepEqual(leaks({ path: "", value }, places), [], value);
    for (const id of ids) assert.ok(!text.includes(id), id);
    assert.doesNotMatch(text, /ptk_/);
  });
});
