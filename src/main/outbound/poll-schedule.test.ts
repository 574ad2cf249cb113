import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, beforeEach, describe, test } from "node:test";
import { testDatabase } from "../../../test/support/database.ts";
import { numberToken } from "../../../test/support/number-token.ts";
import { glsClient, glsEntry } from "../../../test/support/polling.ts";
import { packShipment } from "../../domain/packed-shipment.ts";
import { nothingForbidden } from "../../domain/release-decision.ts";
import { shipmentOf } from "../../domain/shipment.ts";
import { FairTurns } from "../../outbound/polling/fair-turns.ts";
import { outboundStore } from "../../store/outbound-store.ts";
import type { CallOutcome, PolledShipment } from "./carrier-calls.ts";
import { PollSchedule } from "./poll-schedule.ts";

/** The schedule over the real table; carriers are played. */
describe("the schedule of polls", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  const store = outboundStore(database.pool("parcelkeep_outbound"));
  const tenant = randomUUID();
  await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'T')", [tenant]);

  beforeEach(async () => {
    await owner.query(
      "truncate parcelkeep.carrier_accounts, parcelkeep.poll_due, parcelkeep.poll_tenants, parcelkeep.shipments, parcelkeep.outbound_letters cascade",
    );
  });

  async function addAccount(rank = 0): Promise<string> {
    const id = randomUUID();
    await database
      .pool("parcelkeep_api")
      .query("select parcelkeep.add_carrier_account($1, $2, 'gls', '{gls}', $3::smallint, $4, 1, '', '')", [
        id,
        tenant,
        rank,
        randomUUID(),
      ]);
    return id;
  }

  async function addParcels(count: number): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let at = 0; at < count; at++) {
      const id = randomUUID();
      await owner.query(
        "insert into parcelkeep.shipments (id, tenant, carrier, state, created_at) values ($1, $2, 'gls', $3, now() - interval '1 hour')",
        [id, tenant, stateOf(numberToken(randomBytes(19), 0))],
      );
      ids.push(id);
    }
    return ids;
  }

  /** @param answer of the carrier to one call. */
  function scheduleWith(
    answer: (account: string, polls: readonly PolledShipment[]) => Promise<CallOutcome> | CallOutcome,
    over: typeof store = store,
  ) {
    const asked: { account: string; shipments: readonly string[] }[] = [];
    const failures: unknown[] = [];
    let laterMs = 0;
    let kept: number | null = null;
    const schedule = new PollSchedule({
      store: over,
      calls: {
        ask: async (account, _client, _quotas, _basis, polls) => {
          asked.push({ account: account.id, shipments: polls.map(({ shipment }) => shipment) });
          return answer(account.id, polls);
        },
        quotaWaitMs: () => 0,
        learnQuotas: async () => {},
        keep: (credentials) => void (kept = credentials.size),
        freeAt: () => null,
      },
      feedsOf: () => ({ turn: async () => {}, isFed: () => false }),
      resilience: { waitMs: () => 0, keep: () => {} },
      turns: new FairTurns({ total: 8, perSource: 8, perAccount: 2 }),
      clients: new Map([["gls", glsClient]]),
      entryOf: async () => glsEntry,
      policyOf: async () => nothingForbidden,
      now: () => Date.now() + laterMs,
      random: () => 0,
      ended: () => {},
      failed: (error) => void failures.push(error),
    });
    /** Turns until nothing is due. */
    const run = async (): Promise<void> => {
      for (let turns = 0; turns < 200; turns++) {
        const before = asked.length;
        await schedule.turn();
        await schedule.settled();
        const due = await owner.query("select from parcelkeep.poll_due where next_at <= now()");
        if (due.rowCount === 0 && asked.length === before) return;
      }
    };
    return { schedule, asked, failures, run, later: (ms: number) => void (laterMs += ms), kept: () => kept };
  }

  const answered = (_: string, polls: readonly PolledShipment[]): CallOutcome => ({
    kind: "answered",
    answered: polls.map(({ shipment }) => shipment),
    unresolved: [],
  });

  test("of two accounts of one rank the one that was added first is asked", async () => {
    const first = await addAccount();
    await addAccount();
    const parcels = await addParcels(45);
    const { run, asked, failures } = scheduleWith(answered);
    await run();
    assert.deepEqual(new Set(asked.map(({ account }) => account)), new Set([first]));
    assert.deepEqual(asked.flatMap(({ shipments }) => shipments).toSorted(), parcels.toSorted());
    assert.deepEqual(failures, []);
  });

  test("it is asked too where of its two calls at once one finds that the other has everything", async () => {
    const first = await addAccount();
    await addAccount();
    const parcels = await addParcels(12);
    const otherIsDone = Promise.withResolvers<void>();
    let claims = 0;
    const claim: typeof store.claim = async (...args) => {
      if (++claims === 1) await otherIsDone.promise;
      else if (claims === 2) return [];
      return store.claim(...args);
    };
    const { schedule, asked, run, later } = scheduleWith(answered, { ...store, claim });
    await schedule.turn();
    await schedule.turn();
    assert.equal(claims, 2);
    setImmediate(() => otherIsDone.resolve());
    await schedule.settled();
    later(300);
    await run();
    assert.deepEqual(
      asked.map(({ account }) => account),
      [first, first],
    );
    assert.deepEqual(asked.flatMap(({ shipments }) => shipments).toSorted(), parcels.toSorted());
  });

  test("of two accounts the one of the lower rank is asked, although it was added later", async () => {
    await addAccount(1);
    const preferred = await addAccount(0);
    await addParcels(3);
    const { run, asked } = scheduleWith(answered);
    await run();
    assert.deepEqual(new Set(asked.map(({ account }) => account)), new Set([preferred]));
  });

  test("where the first account's credential is refused the next is asked at once, and the first stays held with a letter", async () => {
    const accounts = [await addAccount(), await addAccount(), await addAccount()];
    const parcels = await addParcels(12);
    const { run, asked } = scheduleWith((account, polls) =>
      account === accounts[0] ? { kind: "unauthorised" } : answered(account, polls),
    );
    await run();
    assert.deepEqual(
      asked.map(({ account, shipments }) => [account, shipments.length]),
      [
        [accounts[0], 10],
        [accounts[1], 10],
        [accounts[1], 2],
      ],
      "what waited for the next call goes along",
    );
    const elsewhere = asked.slice(1).flatMap(({ shipments }) => shipments);
    assert.deepEqual(elsewhere.toSorted(), parcels.toSorted());
    const held = await owner.query("select id, held_reason from parcelkeep.carrier_accounts where held_until > now()");
    assert.deepEqual(held.rows, [{ id: accounts[0], held_reason: "credential-refused" }]);
    const letters = await owner.query("select account, code, shipment from parcelkeep.outbound_letters");
    assert.deepEqual(letters.rows, [{ account: accounts[0], code: "credential-refused", shipment: null }]);
  });

  test("a parcel that fails three times in a row is asked about elsewhere, and returns to the first account when it was answered", async () => {
    const accounts = [await addAccount(), await addAccount()];
    const [parcel] = await addParcels(1);
    const dueNow = () => owner.query("update parcelkeep.poll_due set next_at = now() - interval '1 second', polled_at = null");
    const { run, asked } = scheduleWith((account, polls) =>
      account === accounts[0] && asked.length <= 3 ? { kind: "failed", code: "timeout", retryAfterMs: null } : answered(account, polls),
    );
    for (let round = 0; round < 5; round++) {
      await run();
      await dueNow();
    }
    const [one, two] = accounts;
    assert.deepEqual(
      asked.map(({ account }) => account),
      [one, one, one, two, one, one],
    );
    assert.ok(asked.every(({ shipments }) => shipments[0] === parcel));
  });

  test("a process that dies in the middle of a batch leaves it to the next, not sooner than its lease and not again after it was answered", async () => {
    await addAccount();
    const parcels = await addParcels(4);
    const dying = scheduleWith(() => new Promise(() => {}));
    await dying.schedule.turn();
    while (dying.asked.length === 0) await new Promise(setImmediate);
    const next = scheduleWith(answered);
    await next.run();
    assert.deepEqual(next.asked, [], "they are leased");
    const leases = await owner.query<{ minutes: number }>(
      "select extract(epoch from next_at - now())::int / 60 as minutes from parcelkeep.poll_due",
    );
    assert.ok(leases.rows.every(({ minutes }) => minutes === 4 || minutes === 5));
    await owner.query("update parcelkeep.poll_due set next_at = now() - interval '1 second'");
    await next.run();
    await next.run();
    assert.deepEqual(
      next.asked.map(({ shipments }) => new Set(shipments)),
      [new Set(parcels)],
    );
  });

  test("a carrier that says when to come again has nothing waiting in memory, and all of it is due then", async () => {
    await addAccount();
    await addParcels(12);
    const { run, asked } = scheduleWith(() => ({ kind: "rate-limited", retryAfterMs: 90_000 }));
    await run();
    assert.equal(asked.length, 1);
    const due = await owner.query<{ seconds: number }>(
      "select extract(epoch from next_at - now())::int as seconds from parcelkeep.poll_due",
    );
    assert.ok(due.rows.every(({ seconds }) => seconds > 80 && seconds <= 90));
  });

  test("where keys or database are away, what is due stays with its account and is not handed to another", async () => {
    const first = await addAccount();
    await addAccount();
    await addParcels(2);
    const { schedule, asked, failures } = scheduleWith(() => {
      throw new Error("the keys are away");
    });
    await schedule.turn();
    await schedule.settled();
    await schedule.turn();
    await schedule.settled();
    assert.equal(failures.length, 1);
    assert.deepEqual(
      asked.map(({ account }) => account),
      [first],
    );
  });

  test("what is known of a credential is forgotten when its account is gone", async () => {
    const account = await addAccount();
    await addAccount();
    const { schedule, kept } = scheduleWith(answered);
    await schedule.turn();
    assert.equal(kept(), 2);
    await database.pool("parcelkeep_api").query("select parcelkeep.remove_carrier_account($1, $2)", [tenant, account]);
    schedule.accountsChanged();
    await schedule.turn();
    await schedule.settled();
    assert.equal(kept(), 1);
  });

  test("without accounts there is nothing to do, and nothing is taken up", async () => {
    await addParcels(1);
    const { schedule } = scheduleWith(answered);
    assert.ok((await schedule.turn()) >= 60_000);
    assert.equal((await owner.query("select from parcelkeep.poll_due")).rowCount, 0);
  });
});

function stateOf(number: string): string {
  const nothing = { events: [], summaries: [], personal: [], texts: [], references: [], parents: [], carrierClaims: [] };
  return packShipment(
    shipmentOf({ ...nothing, estimatedDelivery: null, estimateKnowledge: null, announced: true, mainNumber: null, numbers: [number] }),
  );
}
