import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { failOnce, PlannedFailure } from "../../test/support/fail-once.ts";
import { MemoryObjectStore } from "../../test/support/memory-object-store.ts";
import { packRecords } from "../domain/record-frame.ts";
import { archiveOnce } from "./archiver.ts";
import type { SegmentStore } from "./archiver.ts";
import type { ArchivedSegment, ArchiveLedger, SegmentPlan } from "./ledger.ts";
import { readSegment } from "./segment.ts";

const start = new Date("2026-11-24T23:59:59.500Z");
const batchesPerPlan = 2;
const lockedMs = 24 * 60 * 60 * 1000;

/** Keeps the ledger's contract, and complains when the archiver breaks its part of it. */
class MemoryLedger implements ArchiveLedger {
  readonly batches = new Map<string, Uint8Array>();
  /** Batches of completed plans, which the real one has deleted. */
  readonly deleted = new Map<string, Uint8Array>();
  readonly completed = new Map<string, ArchivedSegment>();
  readonly #plans: SegmentPlan[] = [];

  async plan(now: Date): Promise<SegmentPlan | null> {
    const planned = new Set(this.#plans.flatMap(({ batches }) => batches));
    const batches = [...this.batches.keys()].filter((id) => !planned.has(id)).slice(0, batchesPerPlan);
    if (batches.length === 0) return null;
    const id = `0199aaaa-0000-7000-8000-${String(this.#plans.length).padStart(12, "0")}`;
    const plan = { id, key: `segments/${id}`, createdAt: now, retainUntil: new Date(now.getTime() + lockedMs), batches };
    this.#plans.push(plan);
    return plan;
  }

  async load({ id, batches }: SegmentPlan): Promise<readonly Uint8Array[] | null> {
    return this.completed.has(id) ? null : batches.flatMap((batchId) => this.batches.get(batchId) ?? []);
  }

  async complete(plan: SegmentPlan, segment: ArchivedSegment): Promise<void> {
    const earlier = this.completed.get(plan.id);
    if (earlier !== undefined) assert.deepEqual(segment, earlier, "completed twice, and differently");
    assert.equal(segment.batchOffsets.length, plan.batches.length);
    this.completed.set(plan.id, segment);
    for (const id of plan.batches) {
      this.deleted.set(id, this.deleted.get(id) ?? this.batches.get(id)!);
      this.batches.delete(id);
    }
  }

  async unfinished(): Promise<readonly SegmentPlan[]> {
    return this.#plans.filter(({ id }) => !this.completed.has(id));
  }

  planOf(segmentId: string): SegmentPlan {
    return this.#plans.find(({ id }) => id === segmentId)!;
  }
}

/** Five batches of one to three records, numbered through. */
function filledLedger(): { ledger: MemoryLedger; recordIds: string[] } {
  const ledger = new MemoryLedger();
  const recordIds: string[] = [];
  for (let batch = 0; batch < 5; batch++) {
    const records = Array.from({ length: 1 + (batch % 3) }, (_, at) => {
      const recordId = Buffer.alloc(16);
      recordId.writeUInt32BE(batch * 100 + at, 12);
      recordIds.push(recordId.toString("hex"));
      return { recordId, sessionId: batch, sealed: Buffer.alloc(28 + at, batch) };
    });
    ledger.batches.set(String(batch), packRecords(records).body);
  }
  return { ledger, recordIds };
}

const clockFrom = (first: Date): (() => Date) => {
  let now = first.getTime();
  return () => new Date((now += 1000));
};

/** Runs until there is nothing left to do, over planned failures. @returns how many runs failed. */
async function archiveAll(ledger: ArchiveLedger, store: SegmentStore, clock = clockFrom(start)): Promise<number> {
  let failures = 0;
  for (let runs = 0; runs < 50; runs++) {
    try {
      const { archived, alarms } = await archiveOnce(ledger, store, clock);
      assert.deepEqual(alarms, []);
      if (archived.length === 0) return failures;
    } catch (error) {
      if (!(error instanceof PlannedFailure)) throw error;
      failures++;
    }
  }
  throw new Error("no end after 50 runs");
}

/** Every record stands in exactly one object of the store, where the ledger says. */
async function checkArchive(ledger: MemoryLedger, store: MemoryObjectStore, recordIds: readonly string[]): Promise<void> {
  const stored: string[] = [];
  const keys: string[] = [];
  for await (const key of store.list("")) {
    keys.push(key);
    for (const { recordId } of readSegment((await store.get(key))!)) stored.push(Buffer.from(recordId).toString("hex"));
  }
  assert.deepEqual(stored.sort(), recordIds.toSorted());
  assert.deepEqual([...ledger.completed.values()].map(({ key }) => key).sort(), keys);
  for (const [id, { key, sha256, bytes, records, batchOffsets }] of ledger.completed) {
    const object = Buffer.from((await store.get(key))!);
    assert.deepEqual([hash("sha256", object), object.length, [...readSegment(object)].length], [sha256.toString("hex"), bytes, records]);
    for (const [at, batchId] of ledger.planOf(id).batches.entries()) {
      const body = ledger.deleted.get(batchId)!;
      assert.ok(object.subarray(batchOffsets[at], batchOffsets[at]! + body.length).equals(body));
    }
  }
}

test("puts every record into exactly one segment", async () => {
  const { ledger, recordIds } = filledLedger();
  const store = new MemoryObjectStore();
  assert.equal(await archiveAll(ledger, store), 0);
  assert.equal(ledger.completed.size, 3);
  await checkArchive(ledger, store, recordIds);
});

const steps = { plan: "ledger", load: "ledger", put: "store", complete: "ledger", unfinished: "ledger" } as const;
for (const [method, port] of Object.entries(steps)) {
  for (const when of ["before", "after"] as const) {
    for (const call of [0, 1]) {
      test(`puts every record into exactly one segment when call ${call} of ${method} fails ${when} its effect`, async () => {
        const { ledger, recordIds } = filledLedger();
        const store = new MemoryObjectStore();
        const failingLedger = port === "ledger" ? failOnce(ledger, method as keyof ArchiveLedger & keyof MemoryLedger, when, call) : ledger;
        const failingStore = port === "store" ? failOnce(store, method as keyof MemoryObjectStore, when, call) : store;
        assert.equal(await archiveAll(failingLedger, failingStore), 1);
        await checkArchive(ledger, store, recordIds);
      });
    }
  }
}

for (const when of ["before", "after"] as const) {
  test(`adopts its own object when reading it back fails ${when} its effect`, async () => {
    const { ledger, recordIds } = filledLedger();
    const store = new MemoryObjectStore();
    const failing = failOnce(failOnce(store, "put", "after"), "get", when);
    assert.equal(await archiveAll(ledger, failing), 2);
    await checkArchive(ledger, store, recordIds);
  });
}

test("puts every record into exactly one segment under any few failures and with two archivists at once", async () => {
  const failure = fc.record({
    method: fc.constantFrom(...(Object.keys(steps) as (keyof typeof steps)[]), "get" as const),
    when: fc.constantFrom("before" as const, "after" as const),
    call: fc.nat({ max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(failure, { maxLength: 6 }), async (failures) => {
      const { ledger, recordIds } = filledLedger();
      const store = new MemoryObjectStore();
      let [failingLedger, failingStore] = [ledger, store];
      for (const { method, when, call } of failures) {
        if (method === "put" || method === "get") failingStore = failOnce(failingStore, method, when, call);
        else failingLedger = failOnce(failingLedger, method, when, call);
      }
      await Promise.all([archiveAll(failingLedger, failingStore), archiveAll(failingLedger, failingStore)]);
      await checkArchive(ledger, store, recordIds);
    }),
  );
});

test("a plan that is carried out again makes the same bytes, whatever the clock says by then", async () => {
  const { ledger } = filledLedger();
  const [first, second] = [new MemoryObjectStore(), new MemoryObjectStore()];
  const dying = failOnce(ledger, "complete", "before");
  await assert.rejects(
    archiveOnce(dying, first, () => start),
    PlannedFailure,
  );
  await archiveOnce(dying, second, () => new Date("2031-01-01T00:00:00Z"));
  const { key } = [...ledger.completed.values()][0]!;
  assert.ok((await second.get(key)) !== null);
  assert.deepEqual(await second.get(key), await first.get(key));
});

test("finishes old plans before it makes a new one, and makes none while the store fails", async () => {
  const { ledger } = filledLedger();
  const down: SegmentStore = { put: () => Promise.reject(new PlannedFailure("down")), get: async () => null, head: async () => null };
  for (let run = 0; run < 3; run++)
    await assert.rejects(
      archiveOnce(ledger, down, () => start),
      PlannedFailure,
    );
  assert.equal((await ledger.unfinished()).length, 1);
  const { archived } = await archiveOnce(ledger, new MemoryObjectStore(), () => start);
  assert.deepEqual(
    archived.map(({ key }) => key.slice(-2)),
    ["00", "01"],
  );
});

test("raises an alarm and overwrites nothing when another object stands under the key; other segments go on", async () => {
  const { ledger } = filledLedger();
  const store = new MemoryObjectStore();
  const plan = (await ledger.plan(start))!;
  await store.put(plan.key, Buffer.from("somebody else's"));
  const { archived, alarms } = await archiveOnce(ledger, store, () => start);
  assert.deepEqual(
    alarms.map(({ name, code, segmentId }) => [name, code, segmentId]),
    [["ArchiveError", "conflict", plan.id]],
  );
  assert.equal(archived.length, 1);
  assert.equal(Buffer.from((await store.get(plan.key))!).toString(), "somebody else's");
  assert.deepEqual(await ledger.unfinished(), [plan]);
});

test("raises an alarm for a batch that is not whole records or not there; other segments go on", async () => {
  for (const code of ["bad-batch", "batches-missing"] as const) {
    const { ledger } = filledLedger();
    const store = new MemoryObjectStore();
    await ledger.plan(start);
    if (code === "bad-batch") ledger.batches.set("0", Buffer.from("not records"));
    else ledger.batches.delete("0");
    const { archived, alarms } = await archiveOnce(ledger, store, () => start);
    assert.deepEqual(
      alarms.map((alarm) => alarm.code),
      [code],
    );
    assert.equal(archived.length, 1);
  }
});

test("has the store retain each segment until the date of its plan, also one that stood there already", async () => {
  const { ledger } = filledLedger();
  const store = new MemoryObjectStore();
  await assert.rejects(
    archiveOnce(ledger, failOnce(store, "put", "after"), () => start),
    PlannedFailure,
  );
  const { archived, alarms } = await archiveOnce(ledger, store, () => start);
  assert.deepEqual([archived.length, alarms.length], [2, 0]);
  for (const { key } of archived) assert.deepEqual((await store.head(key))?.retainUntil, new Date("2026-11-25T23:59:59.500Z"));
});

test("raises an alarm for a segment that stands there and can be deleted before its date, and does not take it for archived", async () => {
  for (const retainUntil of [undefined, new Date(start.getTime() + lockedMs - 1)]) {
    const { ledger } = filledLedger();
    const store = new MemoryObjectStore();
    // As a store does that notices after the put that its lock is not there.
    const unlocked: SegmentStore = {
      put: async (key, bytes) => {
        await store.put(key, bytes, { retainUntil });
        throw new PlannedFailure("not retained");
      },
      get: (key) => store.get(key),
      head: (key) => store.head(key),
    };
    await assert.rejects(
      archiveOnce(ledger, unlocked, () => start),
      PlannedFailure,
    );
    const { archived, alarms } = await archiveOnce(ledger, store, () => start);
    assert.deepEqual(
      alarms.map(({ code }) => code),
      ["unprotected"],
    );
    assert.equal(archived.length, 1);
    assert.equal((await ledger.unfinished()).length, 1);
  }
});
