import assert from "node:assert/strict";
import { test } from "node:test";
import type { BreakerState } from "../../outbound/resilience.ts";
import type { SourceState } from "../../store/outbound-store.ts";
import { ConnectorStates } from "./connector-states.ts";

function connectors() {
  let now = 0;
  const seen = { breaker: "closed" as BreakerState, underWay: 0 };
  const told: SourceState[] = [];
  const states = new ConnectorStates({
    resilience: { stateOf: () => seen.breaker, underWay: () => seen.underWay },
    note: async (news) => void told.push(...news),
    now: () => now,
  });
  return { states, seen, told, later: (ms: number) => void (now += ms) };
}

test("a source that was never called is not spoken of", async () => {
  const { states, told } = connectors();
  await states.tell();
  assert.deepEqual(told, []);
});

test("a breaker that opens is told at once, what stays the same after a minute", async () => {
  const { states, seen, told, later } = connectors();
  states.called("gls");
  await states.tell();
  await states.tell();
  seen.breaker = "open";
  await states.tell();
  later(59_000);
  await states.tell();
  later(1_000);
  await states.tell();
  assert.deepEqual(
    told.map(({ breaker }) => breaker),
    ["closed", "open", "open"],
  );
});

test("calls under way are told as they come and go", async () => {
  const { states, seen, told } = connectors();
  states.called("gls");
  for (const underWay of [8, 8, 0]) {
    seen.underWay = underWay;
    await states.tell();
  }
  assert.deepEqual(
    told.map(({ underWay }) => underWay),
    [8, 0],
  );
});
