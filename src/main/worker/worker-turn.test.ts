import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";
import type { TestDatabase } from "../../../test/support/database.ts";
import { databaseWithTenant, plain, receive, shownStates, tenant } from "../../../test/support/received-jobs.ts";
import { shipmentsOf } from "../../../test/support/shipment-index.ts";
import type { Message } from "../../domain/message.ts";
import { packMessage } from "../../domain/packed-message.ts";
import { packShipment, unpackShipment } from "../../domain/packed-shipment.ts";
import { readStore } from "../../store/read-store.ts";
import { ownerRole } from "../../store/roles.ts";
import { laneCount, takeTurn, TurnError } from "../../store/worker-store.ts";
import { planTurn } from "./plan-turn.ts";
import { TurnShares } from "./turn-shares.ts";

/** Works until nothing is left. */
async function work(database: TestDatabase, jobsMax?: number): Promise<void> {
  const shares = new TurnShares(planTurn);
  for (;;) {
    try {
      const { jobs } = await shares.next((share, plan) =>
        takeTurn(database.pool("parcelkeep_worker"), { ...share, jobsMax: jobsMax ?? share.jobsMax }, plan),
      );
      const { rowCount } = await database.pool(ownerRole).query("select from parcelkeep.inbox limit 1");
      if (jobs === 0 && rowCount === 0) return;
    } catch (error) {
      assert.ok(error instanceof TurnError && error.code !== "unavailable", String((error as TurnError).cause));
    }
  }
}

test("two workers at once end in the shipments of the messages, and apply each message once", async (t) => {
  const database = await databaseWithTenant(t);
  const owner = database.pool(ownerRole);
  for (let round = 0; round < 12; round++) {
    await owner.query("truncate parcelkeep.shipments, parcelkeep.shipment_numbers, parcelkeep.outcomes, parcelkeep.records");
    const [choices] = [randomBytes(2000)];
    let at = 0;
    const choose = <Value>(...from: readonly Value[]): Value => from[choices[at++]! % from.length]!;
    const received = Array.from({ length: 120 }, (_, serial) => {
      const parcel = choose(1, 2, 3, 4, 5, 6, 7, 8);
      const numbers = [`${parcel}a`, `${parcel}b`, `${parcel}c`, `${parcel}d`];
      const message: Message = {
        ...plain,
        carrier: choose(null, "ups", "ups", "postnl"),
        discriminator: choose(null, null, "d1", "d2"),
        number: choose(...numbers),
        alternatives: choose(0, 0, 1) === 1 ? [choose(...numbers)] : [],
        references: [`r${serial}`],
      };
      // Numbers of one parcel fall into different lanes, as the ingress puts them.
      return { message, lane: (parcel * 7 + message.number!.charCodeAt(1)) % laneCount };
    });
    await receive(database, ...received);
    await Promise.all([work(database, 5), work(database, 7)]);
    assert.deepEqual(
      await shownStates(database),
      shipmentsOf(received.map(({ message }) => message))
        .map(packShipment)
        .sort(),
    );
    const { rows } = await owner.query<{ jobs: number }>("select sum(jobs)::int as jobs from parcelkeep.outcomes");
    assert.equal(rows[0]!.jobs, received.length);
    const { rows: links } = await owner.query<{ number: string; shipment: string }>(
      "select number, shipment from parcelkeep.shipment_numbers",
    );
    const { rows: held } = await owner.query<{ id: string; state: string }>("select id, state from parcelkeep.shipments where state <> ''");
    assert.deepEqual(
      links.map(({ number, shipment }) => `${shipment} ${number}`).sort(),
      held.flatMap(({ id, state }) => unpackShipment(state).numbers.map((number) => `${id} ${number}`)).sort(),
    );
  }
});

test("the ids of shipments that became one go on being answered, and receipts list the one that is shown", async (t) => {
  const database = await databaseWithTenant(t);
  const reads = readStore(database.pool("parcelkeep_api"));
  const receipts: string[] = [];
  const idsOf = async (receipt: string): Promise<readonly string[]> => (await reads.receipt(tenant, receipt))!.shipments;
  for (const number of ["a", "b"])
    receipts.push(await receive(database, { message: { ...plain, number, references: [`of-${number}`] }, lane: 1 }));
  await work(database);
  const before = (await Promise.all(receipts.map(idsOf))).map(([id]) => id!);
  const rows = await reads.shipmentsById(tenant, before);
  assert.equal(new Set(rows.map(({ id }) => id)).size, 2);
  receipts.push(await receive(database, { message: { ...plain, number: "b", alternatives: ["a"] }, lane: 2 }));
  await work(database);

  const [survivor] = (await reads.shipmentsByNumber(tenant, ["a"])).map(({ id }) => id);
  assert.deepEqual(await Promise.all(receipts.map(idsOf)), [[survivor], [survivor], [survivor]]);
  for (const id of before) {
    const [shown] = await reads.shipmentsById(tenant, [id]);
    assert.deepEqual([shown!.id, unpackShipment(shown!.state).references], [survivor, ["of-a", "of-b"]]);
  }
  for (const { public_id: publicId } of rows)
    assert.deepEqual(unpackShipment((await reads.track([publicId]))[0]!.state).numbers, ["a", "b"]);
  assert.equal(
    (await reads.shipmentsPage(tenant, { at: new Date("9999-01-01"), id: "ffffffff-ffff-ffff-ffff-ffffffffffff" }, 10)).length,
    1,
  );
});

test("a receipt is accepted until all its jobs are done, and is answered to its own tenant alone", async (t) => {
  const database = await databaseWithTenant(t);
  const reads = readStore(database.pool("parcelkeep_api"));
  const receipt = await receive(database, { message: plain, lane: 1 }, { message: { ...plain, number: "b" }, lane: 2 });
  const stateOf = async (): Promise<string> => (await reads.receipt(tenant, receipt))!.state;
  assert.equal(await stateOf(), "a");
  const take = () => takeTurn(database.pool("parcelkeep_worker"), { firstLane: 0, lanesMax: 1, jobsMax: 1 }, planTurn);
  await take();
  assert.equal(await stateOf(), "a");
  const { changed } = await take();
  assert.equal(await stateOf(), "p");
  assert.deepEqual(
    changed.map((each) => each.tenant),
    [tenant],
  );
  assert.equal(await reads.receipt(randomUUID(), receipt), null);
  const foreign = await database.pool("parcelkeep_api").query("select * from parcelkeep.outcomes");
  assert.equal(foreign.rowCount, 0);
});

test("a job that was committed late is not lost, though its place in the lane is before one that was done", async (t) => {
  const database = await databaseWithTenant(t);
  const slow = await database.pool(ownerRole).connect();
  const insert = "insert into parcelkeep.inbox (lane, record, tenant, received_at, message) values (5, gen_random_uuid(), $1, now(), $2)";
  try {
    await slow.query("begin");
    await slow.query(insert, [tenant, packMessage({ ...plain, references: ["early"] })]);
    await receive(database, { message: { ...plain, references: ["late"] }, lane: 5 });
    await work(database);
    await slow.query("commit");
  } finally {
    slow.release();
  }
  await work(database);
  assert.deepEqual(
    (await shownStates(database)).map((state) => unpackShipment(state).references),
    [["early", "late"]],
  );
});

test("a job that the database does not take goes to the dead letters, and all others are applied", async (t) => {
  const database = await databaseWithTenant(t);
  // PostgreSQL's texts hold no NUL (SQLSTATE 22021); JSON does.
  const bad = { message: { ...plain, number: "n50", discriminator: "\u0000" }, lane: 3 };
  const good = Array.from({ length: 60 }, (_, serial) => ({ message: { ...plain, number: `n${serial}` }, lane: serial % 5 }));
  const receipt = await receive(database, ...good.slice(0, 30), bad, ...good.slice(30));
  await work(database);
  assert.equal((await shownStates(database)).length, 60);
  const reads = readStore(database.pool("parcelkeep_api"));
  const letters = await reads.deadLetters(tenant, { at: new Date("9999-01-01"), id: "ffffffff-ffff-ffff-ffff-ffffffffffff" }, 10, null);
  assert.deepEqual(
    letters.map(({ record, code }) => [record, code]),
    [[receipt, "refused-message"]],
  );
});

test("an unreadable message goes to the dead letters and comes back to its lane", async (t) => {
  const database = await databaseWithTenant(t);
  const owner = database.pool(ownerRole);
  await receive(database, { message: null, lane: 9 });
  await work(database);
  const { rows } = await owner.query<{ id: string; code: string; lane: number }>("select id, code, lane from parcelkeep.dead_letters");
  assert.deepEqual([rows.length, rows[0]!.code, rows[0]!.lane], [1, "unreadable-message", 9]);
  assert.equal(await readStore(database.pool("parcelkeep_api")).retryDeadLetter(tenant, rows[0]!.id), true);
  assert.equal((await owner.query("select from parcelkeep.inbox where lane = 9")).rowCount, 1);
});
