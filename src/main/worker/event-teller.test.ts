import assert from "node:assert/strict";
import { test } from "node:test";
import { databaseWithTenant, plain, receive, tenant } from "../../../test/support/received-jobs.ts";
import type { TestDatabase } from "../../../test/support/database.ts";
import { type BusEvent, EventBusError, type PublishOutcome } from "../../cloud/event-bus.ts";
import { packShipment, unpackShipment } from "../../domain/packed-shipment.ts";
import { busStore } from "../../store/bus-store.ts";
import { ownerRole } from "../../store/roles.ts";
import { takeTurn } from "../../store/worker-store.ts";
import { formatToken } from "../../vault/token.ts";
import { EventTeller } from "./event-teller.ts";
import { type ProgramLog, programLog } from "../log.ts";
import { planTurn } from "./plan-turn.ts";
import { isPseudonymous } from "../front/webhook-rules.ts";

const tokenOf = (value: number): string => formatToken("eu1", "trackingNumber", Buffer.alloc(20, value));
const numbers = Array.from({ length: 9 }, (_, parcel) => tokenOf(parcel));

/** Publishes, as it is told to. */
class Bus {
  readonly published: BusEvent[] = [];
  outcomeOf: (event: BusEvent) => PublishOutcome["outcome"] = () => "published";
  fails: "before" | "after" | null = null;

  publish(events: readonly BusEvent[]): Promise<readonly PublishOutcome[]> {
    if (this.fails === "before") return Promise.reject(new EventBusError("unavailable", "away"));
    const outcomes = events.map((event): PublishOutcome => {
      const outcome = this.outcomeOf(event);
      return outcome === "failed" ? { outcome, code: "ThrottlingException" } : { outcome };
    });
    this.published.push(...events.filter((_, place) => outcomes[place]!.outcome === "published"));
    if (this.fails === "after") return Promise.reject(new Error("ended"));
    return Promise.resolve(outcomes);
  }
}

const tellerOf = (database: TestDatabase, bus: Bus, log: ProgramLog = programLog("silent", "test")): EventTeller =>
  new EventTeller({
    bus,
    store: busStore(database.pool("parcelkeep_worker")),
    mayLeave: isPseudonymous,
    log,
  });

let serial = 100;

/** A message of each of these parcels that says something new, applied in one turn. */
async function change(database: TestDatabase, ...parcels: number[]): Promise<void> {
  const jobs = parcels.map((parcel, lane) => ({ message: { ...plain, number: numbers[parcel]!, references: [tokenOf(serial++)] }, lane }));
  await receive(database, ...jobs);
  await takeTurn(database.pool("parcelkeep_worker"), { firstLane: 0, lanesMax: 64, jobsMax: 500 }, planTurn);
}

async function backlog(database: TestDatabase): Promise<{ waiting: number; refused: number }> {
  const { rows } = await database
    .pool("parcelkeep_api")
    .query<{ waiting: string; refused: string }>("select * from parcelkeep.event_bus_backlog()");
  return { waiting: Number(rows[0]!.waiting), refused: Number(rows[0]!.refused) };
}

test("changes are noted while a bus is followed, of every tenant, and told once", async (t) => {
  const [database, bus] = [await databaseWithTenant(t), new Bus()];
  await change(database, 0);
  assert.deepEqual(await backlog(database), { waiting: 0, refused: 0 });
  const teller = tellerOf(database, bus);
  await teller.round();
  await change(database, 1, 2);
  await change(database, 1);
  assert.equal((await backlog(database)).waiting, 3);
  assert.equal(await teller.round(), 0);
  assert.equal(await teller.round(), 500);
  // Two changes of one shipment are told as one, with its state of now.
  assert.deepEqual(
    bus.published.map(({ body }) => (JSON.parse(body) as { data: { trackingNumber: string } }).data.trackingNumber).toSorted(),
    [numbers[1], numbers[2]],
  );
  assert.deepEqual(new Set(bus.published.map((event) => event.tenant)), new Set([tenant]));
  assert.deepEqual(await backlog(database), { waiting: 0, refused: 0 });
  await busStore(database.pool("parcelkeep_worker")).follow(false);
  await change(database, 3);
  assert.equal((await backlog(database)).waiting, 0);
});

for (const fails of ["before", "after"] as const) {
  test(`what was to be told when the process ended ${fails} the bus took it is told again, under the same id`, async (t) => {
    const [database, bus] = [await databaseWithTenant(t), new Bus()];
    const teller = tellerOf(database, bus);
    await teller.round();
    await change(database, 1);
    bus.fails = fails;
    assert.equal(await teller.round(), 1_000);
    assert.equal(await teller.round(), 2_000);
    bus.fails = null;
    await tellerOf(database, bus).round();
    assert.equal(new Set(bus.published.map(({ id }) => id)).size, 1);
    assert.equal(bus.published.length, fails === "after" ? 3 : 1);
    await change(database, 1);
    await tellerOf(database, bus).round();
    assert.equal(new Set(bus.published.map(({ id }) => id)).size, 2);
  });
}

test("of events that are published in part the rest waits, and what would never be taken is set aside", async (t) => {
  const [database, bus] = [await databaseWithTenant(t), new Bus()];
  const teller = tellerOf(database, bus);
  await teller.round();
  await change(database, 1, 2, 3, 4);
  const fate: Record<string, PublishOutcome["outcome"]> = { [numbers[2]!]: "failed", [numbers[3]!]: "too-large", [numbers[4]!]: "refused" };
  bus.outcomeOf = ({ body }) => fate[(JSON.parse(body) as { data: { trackingNumber: string } }).data.trackingNumber] ?? "published";
  assert.equal(await teller.round(), 1_000);
  assert.deepEqual([bus.published.length, await backlog(database)], [1, { waiting: 1, refused: 2 }]);
  bus.outcomeOf = () => "published";
  assert.equal(await teller.round(), 0);
  assert.deepEqual([bus.published.length, await backlog(database)], [2, { waiting: 0, refused: 2 }]);
});

test("events that are published in part are told to the log once, by counts and codes and by nothing of the events", async (t) => {
  const [database, bus] = [await databaseWithTenant(t), new Bus()];
  const lines: unknown[][] = [];
  const log = Object.assign(programLog("silent", "test"), { warn: (...line: unknown[]) => void lines.push(line) });
  const teller = tellerOf(database, bus, log);
  await teller.round();
  await change(database, 1, 2, 3);
  bus.outcomeOf = ({ body }) => (body.includes(numbers[1]!) ? "published" : "failed");
  await teller.round();
  await teller.round();
  assert.deepEqual(lines, [
    [{ told: 1, failed: 2, codes: { ThrottlingException: 2 } }, "some changes of shipments are not told to the event bus; they wait"],
  ]);
  bus.outcomeOf = () => "published";
  await teller.round();
  await change(database, 4);
  bus.outcomeOf = () => "failed";
  await teller.round();
  assert.equal(lines.length, 2);
});

test("what is no token, code or time does not leave, whoever put it there", async (t) => {
  const [database, bus] = [await databaseWithTenant(t), new Bus()];
  const teller = tellerOf(database, bus);
  await teller.round();
  await change(database, 1, 2);
  const owner = database.pool(ownerRole);
  const { rows } = await owner.query<{ id: string; state: string }>("select id, state from parcelkeep.shipments order by id limit 1");
  const [{ id, state }] = rows as [{ id: string; state: string }];
  const leaking = packShipment({ ...unpackShipment(state), references: ["Ida Musterweg"] });
  await owner.query("update parcelkeep.shipments set state = $2 where id = $1", [id, leaking]);
  await teller.round();
  assert.ok(!bus.published.some(({ body }) => body.includes("Musterweg")));
  assert.deepEqual([bus.published.length, await backlog(database)], [1, { waiting: 0, refused: 1 }]);
});

test("one process tells at a time", async (t) => {
  const [database, bus] = [await databaseWithTenant(t), new Bus()];
  const teller = tellerOf(database, bus);
  await teller.round();
  await change(database, 1);
  const store = busStore(database.pool("parcelkeep_worker"));
  await store.tellChanges(10, async (changes) => {
    assert.equal(changes.length, 1);
    assert.equal(await teller.round(), 500);
    return { told: [], refused: [] };
  });
  assert.equal(bus.published.length, 0);
  await teller.round();
  assert.equal(bus.published.length, 1);
});
