import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createQueue, fauxqsPlace, startSqsEmulator } from "../../../test/support/emulated-queue.ts";
import { databaseWithTenant, plain, receive, type Received, shownStates } from "../../../test/support/received-jobs.ts";
import { shipmentsOf } from "../../../test/support/shipment-index.ts";
import type { TestDatabase } from "../../../test/support/database.ts";
import { openSqsQueue, type SqsQueue } from "../../cloud/aws-sqs-queue.ts";
import type { HeldMessage, JobReceiver } from "../../cloud/job-queue.ts";
import { jobMessage, type JobName } from "../../domain/job-name.ts";
import { packShipment } from "../../domain/packed-shipment.ts";
import { relayStore } from "../../store/relay-store.ts";
import { ownerRole } from "../../store/roles.ts";
import { laneCount, takeNamedTurn, TurnError } from "../../store/worker-store.ts";
import { programLog } from "../log.ts";
import { planTurn } from "./plan-turn.ts";
import { QueueRelay } from "./queue-relay.ts";
import { QueueTurns, type QueueTurnsParts } from "./queue-turns.ts";

const log = programLog("silent", "test");

async function sqs(t: TestContext): Promise<SqsQueue> {
  const { endpoint, server } = await startSqsEmulator();
  t.after(() => server.stop());
  const made = await createQueue(endpoint, fauxqsPlace);
  const queue = await openSqsQueue(made);
  t.after(() => queue.close());
  return queue;
}

function turnsAt(
  database: TestDatabase,
  queue: JobReceiver,
  parts: Partial<QueueTurnsParts> = {},
  stop = new AbortController().signal,
): QueueTurns {
  const pool = database.pool("parcelkeep_worker");
  return new QueueTurns(
    {
      queue,
      receivesMax: 5,
      visibilityMs: 30_000,
      take: (named, jobsMax, plan) => takeNamedTurn(pool, named, jobsMax, plan),
      plan: planTurn,
      done: () => {},
      log,
      ...parts,
    },
    stop,
  );
}

function relayOf(database: TestDatabase, queue: SqsQueue): QueueRelay {
  const store = relayStore(database.pool("parcelkeep_worker"));
  return new QueueRelay({ queue, store, leads: async () => true, log, now: () => performance.now() });
}

async function namesIn(database: TestDatabase): Promise<readonly JobName[]> {
  return (await database.pool(ownerRole).query<JobName>("select lane, seq from parcelkeep.inbox order by lane, seq")).rows;
}

/** Hands out what it is given, a part at a time, and remembers what was settled. */
class ScriptedQueue implements JobReceiver {
  readonly settled: string[] = [];
  readonly released: string[] = [];
  extensions = 0;
  readonly #parts: HeldMessage[][];

  constructor(...parts: (readonly (JobName & { readonly receives?: number })[])[]) {
    this.#parts = parts.map((part, serial) =>
      part.map((name) => ({ ...jobMessage(name), receipt: `${serial}/${name.seq}`, receives: name.receives ?? 1 })),
    );
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  receive(): Promise<readonly HeldMessage[]> {
    return Promise.resolve(this.#parts.shift() ?? []);
  }

  extend(held: readonly HeldMessage[]): Promise<readonly boolean[]> {
    this.extensions++;
    return Promise.resolve(held.map(() => true));
  }

  settle(held: readonly HeldMessage[]): Promise<readonly boolean[]> {
    this.settled.push(...held.map(({ receipt }) => receipt));
    return Promise.resolve(held.map(() => true));
  }

  release(held: readonly HeldMessage[]): Promise<void> {
    this.released.push(...held.map(({ receipt }) => receipt));
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Numbers of few parcels, in lanes as the ingress puts them. */
function someMessages(count: number): Received[] {
  return Array.from({ length: count }, (_, serial) => {
    const parcel = 1 + (serial % 7);
    const number = `${parcel}${"abcd"[serial % 4]}`;
    const alternatives = serial % 5 === 0 ? [`${parcel}a`] : [];
    const message = { ...plain, number, alternatives, carrier: serial % 3 === 0 ? null : ("ups" as const), references: [`r${serial}`] };
    return { message, lane: (parcel * 7 + number.charCodeAt(1)) % laneCount };
  });
}

const expectedOf = (received: readonly Received[]): readonly string[] =>
  shipmentsOf(received.map(({ message }) => message!))
    .map(packShipment)
    .sort();

async function appliedJobs(database: TestDatabase): Promise<number> {
  return (await database.pool(ownerRole).query<{ jobs: number }>("select coalesce(sum(jobs), 0)::int as jobs from parcelkeep.outcomes"))
    .rows[0]!.jobs;
}

test("jobs that go by SQS end in the shipments of the inbox, whoever of two workers takes them, each applied once", async (t) => {
  const [database, queue] = [await databaseWithTenant(t), await sqs(t)];
  const received = someMessages(200);
  await receive(database, ...received.slice(0, 120));
  const relay = relayOf(database, queue);
  const workers = [turnsAt(database, queue), turnsAt(database, queue)];
  let isDone = false;
  const working = workers.map(async (turns) => {
    while (!isDone) await turns.round();
  });
  await relay.round();
  await receive(database, ...received.slice(120));
  while ((await namesIn(database)).length > 0) await relay.round();
  isDone = true;
  // A last message ends the wait of each.
  await queue.send([0, 1].map((lane) => jobMessage({ lane, seq: String(9_000 + lane) })));
  await Promise.all(working);
  assert.deepEqual(await shownStates(database), expectedOf(received));
  assert.equal(await appliedJobs(database), received.length);
});

test("names that come twice, in another order, or not at all but the last of each lane change nothing", async (t) => {
  const database = await databaseWithTenant(t);
  const received = someMessages(60);
  await receive(database, ...received);
  const names = await namesIn(database);
  const lastOfLanes = [...new Map(names.map((name) => [name.lane, name])).values()];
  const queue = new ScriptedQueue(names.slice(40).reverse(), names.slice(5, 15), names.slice(5, 15), lastOfLanes, names);
  const turns = turnsAt(database, queue);
  while (!queue.isEmpty) await turns.round();
  assert.deepEqual(await shownStates(database), expectedOf(received));
  assert.equal(await appliedJobs(database), received.length);
  assert.deepEqual(await namesIn(database), []);
  assert.deepEqual(queue.released, []);
});

test("a job that the database refuses goes to the dead letters alone, and every message is settled", async (t) => {
  const database = await databaseWithTenant(t);
  const bad = { message: { ...plain, number: "n9", discriminator: "\u0000" }, lane: 9 };
  await receive(database, ...someMessages(30), bad, { message: { ...plain, number: "n10" }, lane: 9 });
  const names = await namesIn(database);
  const queue = new ScriptedQueue([...names]);
  await turnsAt(database, queue).round();
  const { rows } = await database.pool(ownerRole).query<{ code: string; lane: number }>("select code, lane from parcelkeep.dead_letters");
  assert.deepEqual(rows, [{ code: "refused-message", lane: 9 }]);
  assert.deepEqual(await namesIn(database), []);
  assert.equal(queue.settled.length, names.length);
});

test("a job that ended the worker again and again is given up with its last receive; those behind it are applied", async (t) => {
  const database = await databaseWithTenant(t);
  await receive(database, ...[1, 2, 3].map((serial) => ({ message: { ...plain, number: `n${serial}` }, lane: 4 })), {
    message: { ...plain, number: "other" },
    lane: 5,
  });
  const names = await namesIn(database);
  const taken: number[] = [];
  const count = async (named: readonly JobName[], jobsMax: number, plan: typeof planTurn) => {
    const turn = await takeNamedTurn(database.pool("parcelkeep_worker"), named, jobsMax, plan);
    taken.push(turn.jobs);
    return turn;
  };
  const queue = new ScriptedQueue(names.map((name) => ({ ...name, receives: name.lane === 4 ? 5 : 1 })));
  await turnsAt(database, queue, { take: count }).round();
  const { rows } = await database.pool(ownerRole).query<{ code: string }>("select code from parcelkeep.dead_letters");
  assert.deepEqual(rows, [{ code: "ended-the-worker" }]);
  // The other lane first; then the suspects one by one.
  assert.deepEqual(taken, [1, 1, 1, 1]);
  assert.equal((await shownStates(database)).length, 3);
  assert.equal(queue.settled.length, 4);
});

test("while the database is away messages are held; when the worker is to stop they are given back", async (t) => {
  const database = await databaseWithTenant(t);
  await receive(database, { message: plain, lane: 3 });
  const names = await namesIn(database);
  const stop = new AbortController();
  const queue = new ScriptedQueue([...names]);
  let attempts = 0;
  const away = async () => {
    if (++attempts === 2) stop.abort();
    throw new TurnError("unavailable", "away", {});
  };
  await turnsAt(database, queue, { take: away, visibilityMs: 30 }, stop.signal).round();
  assert.ok(queue.extensions > 0);
  assert.deepEqual([queue.settled, queue.released.length, (await namesIn(database)).length], [[], 1, 1]);
});

/** A log whose lines are kept. */
function keptLog() {
  const lines: { readonly of: Record<string, unknown>; readonly text: string }[] = [];
  const keep = (of: Record<string, unknown>, text: string): void => void lines.push({ of, text });
  return { lines, log: Object.assign(programLog("silent", "test"), { error: keep, warn: keep }) };
}

test("a job that the database does not take among the dead letters either is tried no more for now, said to the log, and left to its visibility", async (t) => {
  const database = await databaseWithTenant(t);
  const { lines, log } = keptLog();
  const queue = new ScriptedQueue([
    { lane: 3, seq: "7" },
    { lane: 4, seq: "8" },
  ]);
  let attempts = 0;
  const refusing: QueueTurnsParts["take"] = async (named) => {
    attempts++;
    if (named.some(({ lane }) => lane === 3)) throw new TurnError("refused", "no", {});
    return { jobs: 1, failed: 0, changed: [], leftAfter: new Map() };
  };
  await turnsAt(database, queue, { take: refusing, log }).round();
  assert.ok(attempts < 10, `${attempts} attempts`);
  assert.deepEqual([queue.settled, queue.released], [["0/8"], []]);
  assert.deepEqual(lines, [{ of: { lane: 3 }, text: "a job is not even taken among the dead letters; its lane waits" }]);
});

test("a turn that never gets its shipments is said to the log and rests longer and longer, until it is to stop", async (t) => {
  const database = await databaseWithTenant(t);
  const { lines, log } = keptLog();
  const stop = new AbortController();
  const queue = new ScriptedQueue([{ lane: 3, seq: "7" }]);
  const rests: number[] = [];
  const parts: Partial<QueueTurnsParts> = {
    take: () => Promise.reject(new TurnError("contended", "another", { cause: new Error("deadlock") })),
    log,
    pause: async (ms) => {
      if (rests.push(ms) === 8) stop.abort();
    },
  };
  await turnsAt(database, queue, parts, stop.signal).round();
  assert.deepEqual(rests, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  assert.equal(lines.length, rests.length);
  assert.deepEqual(lines[0]!.of, { turn: "contended", error: "Error" });
  assert.equal(queue.released.length, 1);
});

for (const [what, extend] of [
  ["are not held any more", () => Promise.resolve([false])],
  ["cannot be held on, whatever the error is", () => Promise.reject(new TypeError("x"))],
] as const) {
  test(`messages that ${what} are said to the log once`, async (t) => {
    const database = await databaseWithTenant(t);
    const { lines, log } = keptLog();
    const queue = new ScriptedQueue([{ lane: 3, seq: "7" }]);
    let beats = 0;
    let enough: () => void = () => {};
    const beaten = new Promise<void>((resolve) => (enough = resolve));
    queue.extend = () => {
      if (++beats === 3) enough();
      return extend();
    };
    const take: QueueTurnsParts["take"] = async () => {
      await beaten;
      return { jobs: 1, failed: 0, changed: [], leftAfter: new Map() };
    };
    await turnsAt(database, queue, { take, log, visibilityMs: 3 }).round();
    assert.deepEqual(
      lines.map(({ text }) => text),
      ["messages are not held on; another worker may receive them too"],
    );
  });
}

test("a message without a job is settled", async (t) => {
  const database = await databaseWithTenant(t);
  const queue = new ScriptedQueue([{ lane: 3, seq: "77" }]);
  await turnsAt(database, queue).round();
  assert.deepEqual(queue.settled, ["0/77"]);
});
