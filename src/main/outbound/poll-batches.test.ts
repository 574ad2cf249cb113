import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { asker, glsClient, readyPoll } from "../../../test/support/polling.ts";
import { packShipment } from "../../domain/packed-shipment.ts";
import { shipmentOf } from "../../domain/shipment.ts";
import type { ClaimedPoll, PollSettlement } from "../../store/outbound-store.ts";
import type { Asker } from "./poll-askers.ts";
import { PollBatches } from "./poll-batches.ts";

const now = 1_800_000_000_000;
const number = `ptk_eu1_tn1${"0".repeat(38)}`;

function packed(): string {
  const nothing = { events: [], summaries: [], personal: [], texts: [], references: [], parents: [], carrierClaims: [] };
  const state = shipmentOf({
    ...nothing,
    estimatedDelivery: null,
    estimateKnowledge: null,
    announced: true,
    mainNumber: null,
    numbers: [number],
  });
  const { personal: _, texts: __, references: ___, parents: ____, ...claimed } = JSON.parse(packShipment(state)) as Record<string, unknown>;
  return JSON.stringify(claimed);
}

function claimed(given: Partial<ClaimedPoll> = {}): ClaimedPoll {
  const at = new Date(now - 3_600_000);
  return {
    shipment: crypto.randomUUID(),
    carrier: "gls",
    state: packed(),
    createdAt: at,
    updatedAt: at,
    polledAt: null,
    failures: 0,
    ...given,
  };
}

/** What is due, once; and what was settled. */
function batchesOf(due: readonly ClaimedPoll[], healthy: readonly Asker[] = [], blockedMs = 0) {
  const settled: PollSettlement[] = [];
  const dropped: string[] = [];
  let left = due;
  const batches = new PollBatches({
    store: {
      claim: async (_account, limit) => {
        const taken = left.slice(0, limit);
        left = left.slice(limit);
        return taken;
      },
      settle: async (some, gone) => {
        settled.push(...some);
        dropped.push(...gone);
      },
    },
    calls: { freeAt: () => null },
    askers: { blockedMs: () => blockedMs, healthyFor: () => healthy },
    isFed: () => false,
    now: () => now,
    random: () => 0,
  });
  return { batches, settled, dropped };
}

describe("what an account asks about next", () => {
  test("as many as one call takes, and the rest in the next, without taking anew", async () => {
    const one = asker();
    const due = Array.from({ length: 15 }, () => claimed());
    const { batches } = batchesOf(due, [one]);
    const first = await batches.next(one);
    const second = await batches.next(one);
    assert.deepEqual([first.length, second.length], [10, 5]);
    assert.deepEqual([...first, ...second].map(({ shipment }) => shipment).toSorted(), due.map(({ shipment }) => shipment).toSorted());
    assert.deepEqual(await batches.next(one), []);
  });

  test("after each failure half as many go together, and those that failed alike", async () => {
    const one = asker();
    const due = [...Array.from({ length: 6 }, () => claimed({ failures: 1 })), claimed(), claimed({ failures: 4 })];
    const { batches } = batchesOf(due, [one]);
    const sizes: [number, number][] = [];
    for (let batch = await batches.next(one); batch.length > 0; batch = await batches.next(one))
      sizes.push([batch[0]!.failures, batch.length]);
    assert.deepEqual(sizes, [
      [0, 1],
      [1, 5],
      [1, 1],
      [4, 1],
    ]);
  });

  test("a batch is no larger than a quota of numbers lets through at once", async () => {
    const one = asker({ quotas: [{ unit: "numbers", count: 20, windowMs: 86_400_000 }] });
    const { batches } = batchesOf(
      Array.from({ length: 10 }, () => claimed()),
      [one],
    );
    assert.equal((await batches.next(one)).length, 4);
  });

  test("no more is taken than the quota lets ask about within a minute, and one batch at least", async () => {
    const hourly = asker({ client: { ...glsClient, batchMax: 2 }, quotas: [{ unit: "calls", count: 5, windowMs: 3_600_000 }] });
    const { batches } = batchesOf(
      Array.from({ length: 10 }, () => claimed()),
      [hourly],
    );
    assert.equal((await batches.next(hourly)).length, 2);
    assert.equal(hourly.ready.length, 0);
  });

  test("a parcel goes to the first account that is healthy, unless it came here because others failed", async () => {
    const [first, second] = [asker(), asker()];
    const [fresh, passedOn] = [claimed(), claimed({ failures: 3 })];
    const { batches, settled } = batchesOf([fresh, passedOn], [first, second]);
    const batch = await batches.next(second);
    assert.deepEqual(
      batch.map(({ shipment }) => shipment),
      [passedOn.shipment],
    );
    assert.deepEqual(
      settled.map(({ shipment, account }) => [shipment, account]),
      [[fresh.shipment, first.account.id]],
    );
  });

  test("a parcel whose carrier is not this account's is left to be assigned anew", async () => {
    const one = asker();
    const [ups, nobodys] = [claimed({ carrier: "ups" }), claimed({ carrier: null })];
    const { batches, settled } = batchesOf([ups, nobodys], [one]);
    assert.deepEqual(await batches.next(one), []);
    assert.deepEqual(
      settled.map(({ account }) => account),
      [null, null],
    );
  });

  test("one that is gone is dropped, and one that was asked about just now waits", async () => {
    const one = asker();
    const [gone, recent] = [claimed({ state: null }), claimed({ polledAt: new Date(now - 1_000) })];
    const { batches, settled, dropped } = batchesOf([gone, recent], [one]);
    assert.deepEqual(await batches.next(one), []);
    assert.deepEqual(dropped, [gone.shipment]);
    assert.ok(settled[0]!.nextAt > now);
  });

  test("where the account is held what waits goes back, due when it is not", async () => {
    const one = asker();
    const { batches, settled } = batchesOf([claimed()], [], 60_000);
    assert.deepEqual(await batches.next(one), []);
    assert.deepEqual([settled[0]!.nextAt, one.ready.length], [now + 60_000, 0]);
  });

  test("what waited longer than its lease allows is not asked about: somebody else may have it by now", async () => {
    const one = asker({ ready: [readyPoll({ claimedAt: now - 3 * 60_000 })] });
    const fresh = claimed();
    const { batches } = batchesOf([fresh], [one]);
    assert.deepEqual(
      (await batches.next(one)).map(({ shipment }) => shipment),
      [fresh.shipment],
    );
  });

  test("an account whose due parcels another process has rests a moment and is not taken for ill", async () => {
    const one = asker();
    const { batches } = batchesOf([], [one]);
    await batches.next(one);
    assert.deepEqual([one.restsUntil > now, one.heldUntil], [true, 0]);
  });
});
