import assert from "node:assert/strict";
import { test } from "node:test";
import { databaseWithTenant, plain, receive, tenant } from "../../../test/support/received-jobs.ts";
import type { TestDatabase } from "../../../test/support/database.ts";
import { type JobMessage, QueueError } from "../../cloud/job-queue.ts";
import { packMessage } from "../../domain/packed-message.ts";
import { RelayLead, relayStore } from "../../store/relay-store.ts";
import { ownerRole } from "../../store/roles.ts";
import { takeNamedTurn } from "../../store/worker-store.ts";
import { programLog } from "../log.ts";
import { planTurn } from "./plan-turn.ts";
import { QueueRelay } from "./queue-relay.ts";

const log = programLog("silent", "test");

/** Takes what it is sent, but for what it is told to refuse. */
class Outlet {
  readonly sent: string[] = [];
  isAway = false;
  asked = 0;
  refused: (message: JobMessage) => boolean = () => false;

  send(messages: readonly JobMessage[]): Promise<readonly boolean[]> {
    this.asked++;
    if (this.isAway) return Promise.reject(new QueueError("unavailable", "away"));
    return Promise.resolve(
      messages.map((message) => {
        if (this.refused(message)) return false;
        this.sent.push(message.id);
        return true;
      }),
    );
  }

  countsFail = false;

  counts() {
    if (this.countsFail) return Promise.reject(new QueueError("not-permitted", "no"));
    return Promise.resolve({ waiting: this.sent.length, inFlight: 2, dead: 1 });
  }
}

function relayOf(
  database: TestDatabase,
  queue: Outlet,
  clock = { ms: 0 },
  store = relayStore(database.pool("parcelkeep_worker")),
  own = log,
): QueueRelay {
  return new QueueRelay({ queue, store, leads: async () => true, log: own, now: () => clock.ms });
}

const jobsIn = (lane: number, count: number) =>
  Array.from({ length: count }, (_, serial) => ({ message: { ...plain, number: `n${lane}-${serial}` }, lane }));

async function seqs(database: TestDatabase, where = "true"): Promise<readonly string[]> {
  const { rows } = await database
    .pool(ownerRole)
    .query<{ seq: string }>(`select seq from parcelkeep.inbox where ${where} order by lane, seq`);
  return rows.map(({ seq }) => seq);
}

const ids = (numbers: readonly string[]): readonly string[] => numbers.map((seq) => `job-${seq}`);

test("names every job once, each lane in its order, more than a round takes", async (t) => {
  const [database, queue] = [await databaseWithTenant(t), new Outlet()];
  await receive(database, ...jobsIn(1, 120), ...jobsIn(9, 3));
  const relay = relayOf(database, queue);
  while ((await relay.round()) === 0);
  assert.deepEqual(queue.sent.toSorted(), ids(await seqs(database)).toSorted());
  const lane = new Set(ids(await seqs(database, "lane = 1")));
  assert.deepEqual(
    queue.sent.filter((id) => lane.has(id)),
    [...lane],
  );
});

test("a queue that is away costs nothing but time: jobs wait, and are named when it is there", async (t) => {
  const [database, queue, clock] = [await databaseWithTenant(t), new Outlet(), { ms: 0 }];
  await receive(database, ...jobsIn(1, 3));
  queue.isAway = true;
  const relay = relayOf(database, queue, clock);
  const rests: number[] = [];
  for (let round = 0; round < 10; round++) {
    const restMs = await relay.round();
    rests.push(restMs);
    clock.ms += restMs;
  }
  assert.deepEqual(rests.slice(0, 3), [500, 1000, 2000]);
  assert.equal(rests.at(-1), 30_000);
  assert.equal((await seqs(database, "sent_at is null")).length, 3);
  queue.isAway = false;
  assert.equal(await relay.round(), 0);
  assert.deepEqual(queue.sent, ids(await seqs(database)));
});

test("a queue that does not say how many messages it has is named jobs all the same, and the log says so once", async (t) => {
  const [database, queue, clock] = [await databaseWithTenant(t), new Outlet(), { ms: 0 }];
  queue.countsFail = true;
  const lines: unknown[] = [];
  const own = Object.assign(programLog("silent", "test"), { warn: (of: unknown) => void lines.push(of), error: assert.fail });
  const relay = relayOf(database, queue, clock, undefined, own);
  for (let round = 0; round < 3; round++, clock.ms += 60_000) {
    await receive(database, ...jobsIn(round, 1));
    assert.equal(await relay.round(), 0);
  }
  assert.equal(queue.sent.length, 3);
  assert.deepEqual(lines, [{ error: "QueueError", code: "not-permitted" }]);
});

test("what is rung for while the queue is away does not ask it sooner", async (t) => {
  const [database, queue, clock] = [await databaseWithTenant(t), new Outlet(), { ms: 0 }];
  await receive(database, ...jobsIn(1, 3));
  queue.isAway = true;
  const relay = relayOf(database, queue, clock);
  assert.equal(await relay.round(), 500);
  clock.ms += 200;
  assert.deepEqual([await relay.round(), queue.asked], [300, 1]);
  clock.ms += 300;
  assert.deepEqual([await relay.round(), queue.asked], [1_000, 2]);
});

test("what is rung for while another worker names jobs does not ask for the lead sooner", async (t) => {
  const [database, queue, clock] = [await databaseWithTenant(t), new Outlet(), { ms: 0 }];
  let asked = 0;
  const leads = (): Promise<boolean> => Promise.resolve(asked++ > 0);
  const store = relayStore(database.pool("parcelkeep_worker"));
  const relay = new QueueRelay({ queue, store, leads, log, now: () => clock.ms });
  await receive(database, ...jobsIn(1, 3));
  assert.equal(await relay.round(), 5_000);
  clock.ms += 4_000;
  assert.deepEqual([await relay.round(), asked], [1_000, 1]);
  clock.ms += 1_000;
  await relay.round();
  assert.equal(queue.sent.length, 3);
});

test("a job that the queue did not take is named with the next round, and is not marked before", async (t) => {
  const [database, queue] = [await databaseWithTenant(t), new Outlet()];
  await receive(database, ...jobsIn(1, 4));
  const [, second] = await seqs(database);
  queue.refused = ({ id }) => id === `job-${second}`;
  const relay = relayOf(database, queue);
  await relay.round();
  assert.deepEqual(await seqs(database, "sent_at is null"), [second]);
  queue.refused = () => false;
  await relay.round();
  assert.deepEqual(await seqs(database, "sent_at is null"), []);
});

test("a relay that ends between sending and marking is followed by one that names the same again", async (t) => {
  const [database, queue] = [await databaseWithTenant(t), new Outlet()];
  await receive(database, ...jobsIn(1, 2));
  const store = { ...relayStore(database.pool("parcelkeep_worker")), markSent: () => Promise.reject(new Error("ended")) };
  await relayOf(database, queue, { ms: 0 }, store).round();
  await relayOf(database, queue).round();
  const both = ids(await seqs(database));
  assert.deepEqual(queue.sent, [...both, ...both]);
});

test("a job that is committed after one with a higher number is named all the same", async (t) => {
  const [database, queue, clock] = [await databaseWithTenant(t), new Outlet(), { ms: 0 }];
  const slow = await database.pool(ownerRole).connect();
  const relay = relayOf(database, queue, clock);
  try {
    await slow.query("begin");
    const insert = "insert into parcelkeep.inbox (lane, record, tenant, received_at, message) values (5, gen_random_uuid(), $1, now(), $2)";
    await slow.query(insert, [tenant, packMessage(plain)]);
    await receive(database, ...jobsIn(5, 1));
    await relay.round();
    assert.equal(queue.sent.length, 1);
    await slow.query("commit");
  } finally {
    slow.release();
  }
  clock.ms += 2_000;
  await relay.round();
  assert.equal(queue.sent.length, 2);
  assert.deepEqual(await seqs(database, "sent_at is null"), []);
});

test("where a name has brought nothing for ten minutes, the newest such job of its lane is named again, which stands for all", async (t) => {
  const [database, queue, clock] = [await databaseWithTenant(t), new Outlet(), { ms: 0 }];
  await receive(database, ...jobsIn(7, 4));
  const relay = relayOf(database, queue, clock);
  await relay.round();
  await database.pool(ownerRole).query("update parcelkeep.inbox set sent_at = now() - interval '11 minutes'");
  for (let minute = 0; minute < 3; minute++) {
    clock.ms += 61_000;
    await relay.round();
  }
  const all = await seqs(database);
  assert.deepEqual(queue.sent, ids([...all, all.at(-1)!]));
  const { jobs } = await takeNamedTurn(database.pool("parcelkeep_worker"), [{ lane: 7, seq: all.at(-1)! }], 10, planTurn);
  assert.equal(jobs, 4);
});

test("what the queue says of itself is noted for the metrics", async (t) => {
  const [database, queue] = [await databaseWithTenant(t), new Outlet()];
  await relayOf(database, queue).round();
  const { rows } = await database.pool("parcelkeep_api").query("select waiting, in_flight, dead from parcelkeep.queue_state");
  assert.deepEqual(rows, [{ waiting: "0", in_flight: "2", dead: "1" }]);
});

test("one worker names jobs; when its connection ends another may", async (t) => {
  const database = await databaseWithTenant(t);
  const options = { ...database.connection("parcelkeep_worker"), application_name: "relay-test" };
  const [one, two] = [new RelayLead(options), new RelayLead(options)];
  t.after(() => Promise.all([one.release(), two.release()]).then(() => {}));
  assert.deepEqual([await one.hold(), await two.hold(), await one.hold()], [true, false, true]);
  await database.pool(ownerRole).query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relay-test'");
  let isHeld = false;
  while (!isHeld) isHeld = await two.hold();
  assert.equal(await one.hold(), false);
});
