import assert from "node:assert/strict";
import { test } from "node:test";
import { CallFailure, Resilience, type ResilienceSettings, usualResilience } from "./resilience.ts";

const settings: ResilienceSettings = { ...usualResilience, timeoutMs: 50, pauseMs: 1, pauseMaxMs: 20, openMs: 1_000 };
const resilience = (changed: Partial<ResilienceSettings> = {}, now = () => 0): Resilience =>
  new Resilience({ ...settings, ...changed }, now, () => 0.5);
const isCode = (code: CallFailure["code"]) => (error: unknown) => error instanceof CallFailure && error.code === code;
const failing = (code: CallFailure["code"], retryAfterMs: number | null = null) => {
  let attempts = 0;
  const attempt = async (): Promise<never> => {
    attempts++;
    throw new CallFailure(code, retryAfterMs);
  };
  return { attempt, attempts: () => attempts };
};

test("tries again what may be there in a moment, and gives what came of it", async () => {
  let attempts = 0;
  const answer = await resilience().call("gls", "c", async () => {
    if (++attempts < 3) throw new CallFailure("unavailable");
    return "answered";
  });
  assert.deepEqual([answer, attempts], ["answered", 3]);
});

test("gives up after its retries, and does not retry what would bring the same", async () => {
  const away = failing("unavailable");
  await assert.rejects(resilience().call("gls", "c", away.attempt), isCode("unavailable"));
  assert.equal(away.attempts(), 1 + settings.retriesMax);
  const garbage = failing("malformed");
  await assert.rejects(resilience().call("gls", "c", garbage.attempt), isCode("malformed"));
  assert.equal(garbage.attempts(), 1);
});

test("honours the pause that a recipient asks for, and leaves a long one to the schedule", async () => {
  const short = failing("unavailable", 10);
  const began = performance.now();
  await assert.rejects(resilience().call("gls", "c", short.attempt), CallFailure);
  assert.equal(short.attempts(), 3);
  // Two pauses of ten; a timer may fire a millisecond early.
  assert.ok(performance.now() - began >= 18);
  const long = failing("unavailable", 21);
  await assert.rejects(resilience().call("gls", "c", long.attempt), (error: CallFailure) => error.retryAfterMs === 21);
  assert.equal(long.attempts(), 1);
});

test("ends a call that hangs, and its signal tells the call", async () => {
  const signals: AbortSignal[] = [];
  const hanging = resilience({ retriesMax: 0 }).call("gls", "c", (signal) => {
    signals.push(signal);
    return new Promise<never>(() => {});
  });
  await assert.rejects(hanging, isCode("timeout"));
  assert.ok(signals[0]!.aborted);
});

test("a credential that keeps failing is not used for a while; other credentials of the source go on", async () => {
  let now = 0;
  const gate = resilience({ retriesMax: 0 }, () => now);
  const away = failing("unavailable");
  for (let call = 0; call < settings.failuresMax; call++)
    await assert.rejects(gate.call("gls", "one", away.attempt), isCode("unavailable"));
  await assert.rejects(gate.call("gls", "one", away.attempt), isCode("open"));
  assert.equal(away.attempts(), settings.failuresMax);
  assert.equal(gate.waitMs("gls", "one"), settings.openMs);
  assert.equal(gate.waitMs("gls", "two"), 0);
  assert.equal(await gate.call("gls", "two", async () => "fine"), "fine");
  now += settings.openMs;
  assert.equal(gate.waitMs("gls", "one"), 0);
});

test("a source that fails for everybody is not called by anybody, and other sources are", async () => {
  const gate = resilience({ retriesMax: 0, callsMax: 1000 });
  for (let call = 0; call < 40; call++) await gate.call("gls", `c${call}`, failing("timeout").attempt).catch(() => {});
  assert.equal(gate.stateOf("gls"), "open");
  await assert.rejects(
    gate.call("gls", "fresh", async () => "never"),
    isCode("open"),
  );
  assert.equal(await gate.call("ups", "fresh", async () => "fine"), "fine");
  assert.deepEqual([gate.stateOf("ups"), gate.stateOf("dpd")], ["closed", null]);
});

test("one source has so many calls under way and no more, whatever hangs", async () => {
  const gate = resilience({ retriesMax: 0, callsMax: 2 });
  const hanging = [1, 2].map((each) => gate.call("gls", `c${each}`, () => new Promise<never>(() => {})).catch((error: unknown) => error));
  assert.deepEqual([gate.underWay("gls"), gate.underWay("ups")], [2, 0]);
  await assert.rejects(
    gate.call("gls", "c3", async () => "never"),
    isCode("open"),
  );
  assert.equal(await gate.call("ups", "c3", async () => "fine"), "fine");
  assert.ok((await Promise.all(hanging)).every(isCode("timeout")));
  assert.equal(gate.underWay("gls"), 0);
  assert.equal(await gate.call("gls", "c3", async () => "again"), "again");
});

test("what is not the recipient's doing opens nothing", async () => {
  const gate = resilience({ retriesMax: 0 });
  for (let call = 0; call < 20; call++)
    await assert.rejects(
      gate.call("gls", "c", () => Promise.reject(new TypeError("ours"))),
      TypeError,
    );
  assert.equal(gate.waitMs("gls", "c"), 0);
});
