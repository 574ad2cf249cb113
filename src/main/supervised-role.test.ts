import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { type TestContext, test } from "node:test";
import { OpenerError } from "../vault/opening.ts";
import { EndedWhileStarting, restartDelayMs, type RestartPolicy, SupervisedRole } from "./supervised-role.ts";

const noOpener = () => Promise.reject(new OpenerError("not-permitted", "no opener here"));
const impatient: RestartPolicy = { delayMinMs: 1, delayMaxMs: 4, endsMax: 5, soundAfterMs: 3_600_000 };

/** Says that it is ready; ends when it is told to, or when its supervisor is gone. */
const listens = `process.on("message", () => process.exit(0)); process.on("disconnect", () => process.exit(0)); process.send({ ready: { pid: String(process.pid) } });`;
const dies = `process.send({ ready: {} }, () => process.exit(3));`;

interface Supervision {
  readonly role: SupervisedRole;
  readonly launched: ChildProcess[];
  readonly ready: string[];
  readonly ends: (readonly [how: string, restartMs: number])[];
  readonly gaveUp: Promise<string>;
  /** Resolves when this many have ended. */
  readonly endsAre: (count: number) => Promise<void>;
  readonly readyAre: (count: number) => Promise<void>;
}

/** @param scripts of the first process, the second and so on; the last one goes for all after it. */
function supervise(t: TestContext, scripts: readonly string[], policy: Partial<RestartPolicy> = impatient): Supervision {
  const launched: ChildProcess[] = [];
  const ready: string[] = [];
  const ends: (readonly [string, number])[] = [];
  let heard: () => void = () => {};
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) await new Promise<void>((resolve) => (heard = resolve));
  };
  let giveUp: (reason: string) => void = () => {};
  const gaveUp = new Promise<string>((resolve) => (giveUp = resolve));
  const launch = (): ChildProcess => {
    const script = scripts[Math.min(launched.length, scripts.length - 1)]!;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    launched.push(child);
    return child;
  };
  const hooks = {
    ready: (detail: Readonly<Record<string, string>>) => {
      ready.push(detail["pid"] ?? "");
      heard();
    },
    open: noOpener,
    ended: (how: string, restartMs: number) => {
      ends.push([how, restartMs]);
      heard();
    },
    gaveUp: giveUp,
  };
  const role = new SupervisedRole("sorter", launch, hooks, policy);
  t.after(() => role.stop());
  const endsAre = (count: number) => until(() => ends.length >= count);
  return { role, launched, ready, ends, gaveUp, endsAre, readyAre: (count) => until(() => ready.length >= count) };
}

test("waits twice as long after each end in a row, up to a bound", () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7].map((ends) => restartDelayMs(ends)),
    [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000],
  );
});

test("starts a process again that was killed", async (t) => {
  const { role, launched, ready, ends, readyAre } = supervise(t, [listens]);
  await role.started();
  launched[0]!.kill("SIGKILL");
  await readyAre(2);
  assert.deepEqual(ends, [["SIGKILL", 1]]);
  assert.deepEqual(
    ready,
    launched.map((child) => String(child.pid)),
  );
});

test("gives up on a process that keeps ending, and says how it ended", async (t) => {
  const { role, launched, ends, gaveUp } = supervise(t, [dies]);
  await role.started();
  assert.equal(await gaveUp, "the sorter process ended 5 times in a row, last with exit code 3; its log stands above");
  assert.deepEqual(
    ends.map(([, restartMs]) => restartMs),
    [1, 2, 4, 4],
  );
  assert.equal(launched.length, 5);
});

test("begins a new row when a process has lived for a while", async (t) => {
  const { role, ends, endsAre } = supervise(t, [dies], { ...impatient, endsMax: 3, soundAfterMs: 0 });
  await role.started();
  await endsAre(6);
  assert.ok(ends.every(([, restartMs]) => restartMs === 1));
});

test("a process that ends while starting for the first time is not started again", async (t) => {
  const { role, launched } = supervise(t, ["process.exit(9)"]);
  await assert.rejects(role.started(), (error: unknown) => error instanceof EndedWhileStarting && /exit code 9/.test(error.message));
  assert.equal(launched.length, 1);
});

test("a process that cannot be started counts as one that ended", async (t) => {
  const role = new SupervisedRole("sorter", () => spawn("/nonexistent/program", { stdio: ["ignore", "ignore", "ignore", "ipc"] }), {
    ready: () => {},
    open: noOpener,
    ended: () => {},
    gaveUp: () => {},
  });
  t.after(() => role.stop());
  await assert.rejects(role.started(), /ENOENT/);
});

test("stops the process, also while it waits to start another", async (t) => {
  const first = supervise(t, [listens]);
  await first.role.started();
  await first.role.stop();
  assert.equal(first.launched[0]!.exitCode, 0);
  const second = supervise(t, [dies], { ...impatient, delayMinMs: 3_600_000, delayMaxMs: 3_600_000 });
  await second.role.started();
  await second.endsAre(1);
  await second.role.stop();
  assert.equal(second.launched.length, 1);
});
