import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { renewEveryMs, RenewedPassword } from "./renewed-password.ts";

/** A signer that fails while it is told to. */
async function started(t: TestContext, { isAway = false } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const signer = { isAway, made: 0 };
  const used: string[] = [];
  const failures: unknown[] = [];
  const password = await RenewedPassword.start({
    make: async () => {
      if (signer.isAway) throw new Error("no credentials");
      return `token-${++signer.made}`;
    },
    use: (each) => void used.push(each),
    failed: (error) => void failures.push(error),
  });
  const pass = async (ms: number): Promise<void> => {
    t.mock.timers.tick(ms);
    await new Promise(setImmediate);
  };
  return { password, signer, used, failures, pass };
}

test("a password is made anew before it ends", async (t) => {
  const { used, pass } = await started(t);
  await pass(renewEveryMs - 1);
  assert.deepEqual(used, ["token-1"]);
  await pass(1);
  await pass(renewEveryMs);
  assert.deepEqual(used, ["token-1", "token-2", "token-3"]);
});

test("a renewal that fails is tried again soon, less and less often, and then goes on as before", async (t) => {
  const { signer, used, failures, pass } = await started(t);
  signer.isAway = true;
  await pass(renewEveryMs);
  for (const ms of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]) await pass(ms);
  assert.equal(failures.length, 8);
  signer.isAway = false;
  await pass(60_000);
  assert.deepEqual(used, ["token-1", "token-2"]);
  await pass(60_000);
  assert.equal(used.length, 2);
  await pass(renewEveryMs);
  assert.equal(used.length, 3);
});

test("a first one that fails is tried again, and does not hold up whoever starts", async (t) => {
  const { signer, used, pass } = await started(t, { isAway: true });
  signer.isAway = false;
  await pass(1_000);
  assert.deepEqual(used, ["token-1"]);
});

test("after its end nothing is made or used, also not what was being made", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const used: string[] = [];
  let give: (password: string) => void = () => {};
  let made = 0;
  const first = Promise.resolve("token-1");
  const password = await RenewedPassword.start({
    make: () => (made++ === 0 ? first : new Promise((resolve) => (give = resolve))),
    use: (each) => void used.push(each),
    failed: (error) => assert.fail(String(error)),
  });
  t.mock.timers.tick(renewEveryMs);
  password.stop();
  give("token-2");
  await new Promise(setImmediate);
  t.mock.timers.tick(renewEveryMs);
  assert.deepEqual([used, made], [["token-1"], 2]);
});

test("it keeps no process alive", async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
  const before = timers();
  const password = await RenewedPassword.start({ make: async () => "token", use: () => {}, failed: (error) => assert.fail(String(error)) });
  assert.equal(timers(), before);
  password.stop();
});
