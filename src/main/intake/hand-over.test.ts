import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyReport, HandOver, takeOver, tell } from "./hand-over.ts";
import type { IntakeRequest } from "./intake.ts";

function request(given: Partial<IntakeRequest> = {}): IntakeRequest {
  return {
    tenant: "tenant",
    endpoint: "endpoint",
    source: "fedex",
    contentType: "application/json",
    contentEncoding: "",
    idempotencyKey: null,
    isReplay: undefined,
    body: Buffer.from("{}"),
    ...given,
  };
}

function handedOver(requests: readonly IntakeRequest[], firstSerial = 0, handOver = new HandOver()): readonly [number, IntakeRequest][] {
  for (const [at, each] of requests.entries()) handOver.add(firstSerial + at, each);
  const taken: [number, IntakeRequest][] = [];
  takeOver(handOver.take(), (serial, each) => taken.push([serial, each]));
  return taken;
}

test("requests arrive as they were handed over, each with its own body", () => {
  const requests = [
    request(),
    request({ body: Buffer.alloc(0) }),
    request({ tenant: "other" }),
    request({ endpoint: "other" }),
    request({ source: "ups" }),
    request({ contentType: "text/xml" }),
    request({ contentEncoding: "gzip", body: Buffer.from([0, 255, 10]) }),
    request({ isReplay: true }),
    request({ idempotencyKey: "" }),
    request({ idempotencyKey: "Schlüssel" }),
    request({ idempotencyKey: "another" }),
    request({ body: Buffer.alloc(100_000, "x") }),
  ];
  const serial = 2 ** 40;
  assert.deepEqual(
    handedOver(requests, serial),
    requests.map((each, at) => [serial + at, each]),
  );
});

test("requests of more senders than are searched arrive with their own senders", () => {
  const requests = Array.from({ length: 100 }, (_, at) => request({ endpoint: `endpoint ${at % 23}`, body: Buffer.from(String(at)) }));
  assert.deepEqual(
    handedOver(requests).map(([, each]) => each),
    requests,
  );
});

test("what was taken is not handed over again", () => {
  const handOver = new HandOver();
  assert.ok(handOver.isEmpty);
  handedOver([request({ idempotencyKey: "first" })], 0, handOver);
  assert.ok(handOver.isEmpty);
  const next = request({ endpoint: "second", body: Buffer.from("second") });
  assert.deepEqual(handedOver([next], 1, handOver), [[1, next]]);
});

test("a report tells each end under its own serial, and survives JSON", () => {
  const report = emptyReport();
  tell(report, 1, { state: "accepted", receipt: "a" });
  tell(report, 2, { state: "duplicate", receipt: "b" });
  tell(report, 3, { state: "refused", code: "busy" });
  tell(report, 4, { state: "spent", budget: "tokens", retryAfterS: 9 });
  tell(report, 5, { state: "accepted", receipt: "c" });
  assert.deepEqual(JSON.parse(JSON.stringify(report)), {
    accepted: { serials: [1, 5], receipts: ["a", "c"] },
    duplicates: { serials: [2], receipts: ["b"] },
    outcomes: [
      { serial: 3, outcome: { state: "refused", code: "busy" } },
      { serial: 4, outcome: { state: "spent", budget: "tokens", retryAfterS: 9 } },
    ],
    commits: [],
    failures: 0,
    quarantined: [],
    forgotten: [],
  });
});
