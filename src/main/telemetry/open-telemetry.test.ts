import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { Counter, Registry } from "prom-client";
import { OtlpReceiver } from "../../../test/support/otlp-receiver.ts";
import { EgressError } from "../../outbound/egress.ts";
import { programLog } from "../log.ts";
import type { TelemetrySettings } from "../settings/telemetry-settings.ts";
import { waitingMax } from "./bounded-spans.ts";
import { openTelemetry } from "./open-telemetry.ts";
import { otlpCalls } from "./otlp-calls.ts";
import { OtlpWords } from "./otlp-words.ts";

const log = programLog("silent", "test");
const settings: TelemetrySettings = {
  endpoint: "http://127.0.0.1:1",
  headers: {},
  authorities: null,
  path: "private",
  sampleRatio: 1,
  metricsMs: 0,
};
const noEgress = { egressTestHosts: new Set<string>(), egressProxy: null };

async function receiverFor(t: TestContext): Promise<OtlpReceiver> {
  const receiver = await OtlpReceiver.start();
  t.after(() => receiver.stop());
  return receiver;
}

function opened(given: Partial<TelemetrySettings>, registry?: Registry) {
  return openTelemetry({ ...noEgress, telemetry: { ...settings, ...given } }, "worker", log, registry);
}

async function countsOf(registry: Registry): Promise<Readonly<Record<string, number>>> {
  const metric = await registry.getSingleMetric("parcelkeep_telemetry_spans_total")!.get();
  return Object.fromEntries(metric.values.flatMap(({ labels, value }) => (value > 0 ? [[String(labels["outcome"]), value]] : [])));
}

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, "waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a span has its time, its part and its failure, and of an error no more than its code", async (t) => {
  const receiver = await receiverFor(t);
  const { spans, stop } = await opened({ endpoint: `${receiver.url}/base/` });
  const whole = spans.begin("webhook.receive", 1_500)!;
  whole.begin("intake.wait").end({ "parcelkeep.bytes": 12 });
  whole.end({ "http.response.status_code": 503, "parcelkeep.source": "fedex", "parcelkeep.outcome": "busy" });
  await stop();
  assert.deepEqual(
    receiver.requests.map(({ path, headers }) => [path, headers["content-type"]]),
    [["/base/v1/traces", "application/json"]],
  );
  receiver.requests[0] = { ...receiver.requests[0]!, path: "/v1/traces" };
  const [wait, receive] = receiver.spans();
  assert.deepEqual(
    [wait?.name, wait?.parentSpanId, wait?.traceId, wait?.kind, wait?.status.code],
    ["intake.wait", receive?.spanId, receive?.traceId, 1, 0],
  );
  assert.equal(receive?.parentSpanId, undefined);
  assert.deepEqual(receive?.attributes, {
    "http.request.method": "POST",
    "http.route": "/v1/hooks/:endpointId",
    "http.response.status_code": 503,
    "parcelkeep.source": "fedex",
    "parcelkeep.outcome": "busy",
    "error.type": "busy",
  });
  assert.deepEqual([receive?.kind, receive?.status], [2, { code: 2 }]);
  const tookMs = Number(BigInt(receive!.endTimeUnixNano) - BigInt(receive!.startTimeUnixNano)) / 1e6;
  assert.ok(tookMs >= 1_500, String(tookMs));
});

test("of what happens all the time a share is recorded, and everything of what does not", async () => {
  const none = await opened({ sampleRatio: 0 });
  for (let each = 0; each < 1_000; each++) assert.equal(none.spans.begin("webhook.receive"), null);
  assert.notEqual(none.spans.begin("opener.run"), null);
  const half = await opened({ sampleRatio: 0.5 });
  const recorded = Array.from({ length: 10_000 }, () => half.spans.begin("worker.turn")).filter((span) => span !== null).length;
  // Ten standard deviations.
  assert.ok(Math.abs(recorded - 5_000) < 500, String(recorded));
  await Promise.all([none.stop(), half.stop()]);
});

test("so many wait and no more, and each is counted by what became of it", async (t) => {
  const receiver = await receiverFor(t);
  receiver.manner = "hangs";
  const registry = new Registry();
  const { spans, stop } = await opened({ endpoint: receiver.url }, registry);
  for (let each = 0; each < waitingMax + 10; each++) spans.begin("archive.round")!.end({ "parcelkeep.outcome": "archived" });
  assert.deepEqual(await countsOf(registry), { dropped: 10 });
  await until(() => receiver.requests.length > 0);
  const began = performance.now();
  await stop();
  // Three seconds, whatever hangs: the supervisor ends what takes thirty.
  assert.ok(performance.now() - began < 20_000);
});

for (const [manner, reason] of [
  ["unavailable", "lost"],
  ["rejects", "rejected"],
] as const)
  test(`an endpoint that ${manner === "rejects" ? "rejects them" : "is unavailable"} costs the spans and nothing else`, async (t) => {
    const receiver = await receiverFor(t);
    receiver.manner = manner;
    const registry = new Registry();
    const { spans, stop } = await opened({ endpoint: receiver.url }, registry);
    spans.begin("archive.round")!.end({ "parcelkeep.outcome": "archived" });
    await until(async () => (await countsOf(registry))[reason] === 1);
    receiver.manner = "takes";
    spans.begin("archive.round")!.end({ "parcelkeep.outcome": "archived" });
    await stop();
    assert.deepEqual(await countsOf(registry), { [reason]: 1, sent: 1 });
  });

test("an endpoint that is away costs the spans and nothing else", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const registry = new Registry();
  const { spans, stop } = await opened({ endpoint: `http://127.0.0.1:${port}`, metricsMs: 3_600_000 }, registry);
  spans.begin("archive.round")!.end({ "parcelkeep.outcome": "archived" });
  await stop();
  assert.deepEqual(await countsOf(registry), { lost: 1 });
});

test("metrics are told every so often, brought up to date each time, and once more at the end", async (t) => {
  const receiver = await receiverFor(t);
  const registry = new Registry();
  const seen = new Counter({ name: "parcelkeep_seen_total", help: "Seen", registers: [registry] });
  const telemetry = await opened({ endpoint: receiver.url, metricsMs: 20 }, registry);
  telemetry.tellMetrics(async () => {
    seen.inc();
    return registry;
  });
  await until(() => receiver.requests.length >= 3);
  await telemetry.stop();
  const told = receiver.metrics().filter(({ name }) => name === "parcelkeep_seen_total");
  assert.deepEqual(
    told.map(({ points }) => points[0]!["asDouble"]),
    told.map((_, index) => index + 1),
  );
});

test("metrics that cannot be brought up to date are told the next time", async (t) => {
  const receiver = await receiverFor(t);
  const registry = new Registry();
  const telemetry = await opened({ endpoint: receiver.url, metricsMs: 10 }, registry);
  let calls = 0;
  telemetry.tellMetrics(async () => {
    if (calls++ === 0) throw new Error("away");
    return registry;
  });
  await until(() => receiver.requests.length > 0);
  await telemetry.stop();
});

test("a call that holds anything but our words is not made, nor one to anybody else", async (t) => {
  const receiver = await receiverFor(t);
  const words = new OtlpWords("worker", "0192f0c1-7c00-4000-8000-000000000003");
  const sent: string[] = [];
  const transport = {
    send: async ({ url }: { readonly url: string }) => {
      sent.push(url);
      return { status: 200, headers: {}, body: Buffer.from("{}") };
    },
  };
  const call = otlpCalls({ ...settings, endpoint: receiver.url }, words, { testHosts: new Set(), transport, log });
  const body = (value: unknown): Buffer =>
    Buffer.from(
      JSON.stringify({
        resourceSpans: [{ scopeSpans: [{ spans: [{ name: "worker.turn", attributes: [{ key: "parcelkeep.outcome", value }] }] }] }],
      }),
    );
  assert.deepEqual(await call("traces", body({ stringValue: "done" })), { taken: true, rejected: 0 });
  for (const leak of [
    { stringValue: "Ida Musterweg" },
    { stringValue: "ida@beispiel.example" },
    { stringValue: "770000000001" },
    { "Ida Musterweg": 1 },
    { arrayValue: ["Musterweg"] },
  ])
    assert.deepEqual(await call("traces", body(leak)), { taken: false, reason: "leak" }, JSON.stringify(leak));
  assert.deepEqual(sent, [`${receiver.url}/v1/traces`]);
});

test("an endpoint has no address of this machine's by another name, and no certificate of anybody's", async () => {
  const words = new OtlpWords("worker", "");
  const { Transport } = await import("../../outbound/transport.ts");
  const resolve = async () => [{ address: "127.0.0.1", family: 4 }];
  const transport = new Transport({ timeoutMs: 1_000, answerBytesMax: 10, connectionsPerHost: 1, resolve });
  const call = otlpCalls({ ...settings, endpoint: "https://collector.example" }, words, { testHosts: new Set(), transport, log });
  assert.deepEqual(await call("traces", Buffer.from("{}")), { taken: false, reason: "address-refused" satisfies EgressError["code"] });
});
