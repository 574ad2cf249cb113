import assert from "node:assert/strict";
import { test } from "node:test";
import { notedCalls } from "./noted-calls.ts";
import type { OtlpAnswer } from "./otlp-calls.ts";

test("an endpoint that does not take one kind is noted once, and once more when it does again, whatever becomes of the other", async () => {
  const lines: unknown[] = [];
  const line = (facts: unknown): void => void lines.push(facts);
  let traces: OtlpAnswer = { taken: true, rejected: 0 };
  const call = notedCalls(async (signal) => (signal === "traces" ? traces : { taken: false, reason: "status-404" }), {
    info: line,
    warn: line,
  });
  const both = async (): Promise<void> => {
    for (const signal of ["traces", "metrics"] as const) await call(signal, Buffer.alloc(0));
  };
  await both();
  traces = { taken: false, reason: "timeout" };
  await both();
  await both();
  traces = { taken: true, rejected: 0 };
  await both();
  assert.deepEqual(lines, [{ signal: "metrics", reason: "status-404" }, { signal: "traces", reason: "timeout" }, { signal: "traces" }]);
});
