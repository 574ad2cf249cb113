import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { sweepExpired } from "../../process/retain.ts";
import { testDatabase } from "../../../test/support/database.ts";
import { uuidText } from "../../store/binary-array.ts";
import { keeperStore } from "../../store/keeper-store.ts";
import { personStore } from "../../store/person-store.ts";

const now = new Date("2026-11-25T12:00:00Z");
const terms = { personalDays: 90, textDays: 60 };
const tenant = randomUUID();

async function vault(t: TestContext) {
  const database = await testDatabase(t);
  const owner = database.pool("parcelkeep_owner");
  const store = keeperStore(database.pool("parcelkeep_keeper"));
  let session = 0;
  const steps = { ...store, isStopped: () => false };

  /** A record so many days ago that brings a person a group of each purpose, and an index entry for the one of values. */
  async function receive(days: number, subject: string, purposes = "ptn"): Promise<string> {
    const at = new Date(now.getTime() - days * 24 * 60 * 60 * 1000);
    const id = randomBytes(16);
    id.writeUIntBE(at.getTime(), 0, 6);
    id[6] = (id[6]! & 0x0f) | 0x70;
    id[8] = (id[8]! & 0x3f) | 0x80;
    const record = uuidText(id);
    session++;
    await owner.query("insert into parcelkeep.ingest_sessions values ($1, $2, 1, '', '', '', $3)", [session, tenant, at]);
    await owner.query(
      `insert into parcelkeep.records (id, dedupe, content, tenant, endpoint, source, received_at, session, salt, batch, batch_offset, sealed_bytes, message_count)
       values ($1, gen_random_uuid(), gen_random_uuid(), $2, '', '', $3, $4, 'salt', 1, 0, 0, 1)`,
      [record, tenant, at, session],
    );
    for (const purpose of purposes) {
      const group = randomBytes(19);
      await owner.query("insert into parcelkeep.sealed_groups values ($1, $2, $3, $4, $5, $6, 'salt', '', '')", [
        group,
        tenant,
        subject,
        record,
        session,
        purpose,
      ]);
      if (purpose === "p") {
        await owner.query("insert into parcelkeep.token_index values (gen_random_uuid(), $1, $2, $3)", [
          tenant,
          Buffer.concat([group, Buffer.alloc(1)]),
          subject,
        ]);
      }
    }
    return record;
  }
  const left = async (record: string): Promise<string> => {
    const { rows } = await owner.query("select purpose from parcelkeep.sealed_groups where record = $1 order by purpose", [record]);
    const { rows: records } = await owner.query("select salt from parcelkeep.records where id = $1", [record]);
    return rows.map(({ purpose }) => purpose).join("") + (records[0].salt === null ? "" : "r");
  };
  return {
    owner,
    store,
    receive,
    left,
    steps,
    persons: personStore(database.pool("parcelkeep_api")),
    sweep: () => sweepExpired(terms, now, steps),
  };
}

test("destroys texts and raw records at the shorter term, values and numbers at the longer", async (t) => {
  const { receive, left, sweep, owner } = await vault(t);
  const old = await receive(91, randomUUID());
  const middle = await receive(61, randomUUID());
  const young = await receive(59, randomUUID());
  assert.deepEqual(await sweep(), { texts: 2, records: 2, values: 2 });
  assert.deepEqual([await left(young), await left(middle), await left(old)], ["nptr", "np", ""]);
  assert.equal((await owner.query("select from parcelkeep.token_index")).rowCount, 2);
  assert.deepEqual(await sweep(), { texts: 0, records: 0, values: 0 });
});

test("keeps a person's identifiers while records name the person; numbers and texts go all the same", async (t) => {
  const { receive, left, sweep, owner } = await vault(t);
  const person = randomUUID();
  const old = await receive(100, person);
  const recent = await receive(5, randomUUID(), "n");
  await owner.query("insert into parcelkeep.record_subjects values ($1, $2)", [person, recent]);
  await sweep();
  assert.equal(await left(old), "p");
  await owner.query("delete from parcelkeep.record_subjects");
  await sweep();
  assert.equal(await left(old), "");
});

test("touches nobody under a legal hold, nor who is the same person, until it is released", async (t) => {
  const { receive, left, sweep, owner, persons } = await vault(t);
  const [held, same] = [randomUUID(), randomUUID()];
  const records = [await receive(100, held), await receive(100, same)];
  const other = await receive(100, randomUUID());
  await owner.query("insert into parcelkeep.subject_links values ($1, $2, $3)", [tenant, same, held]);
  assert.equal(await persons.placeHold(tenant, held, null), true);
  await sweep();
  assert.deepEqual(await Promise.all([...records, other].map(left)), ["nptr", "nptr", ""]);
  assert.equal(await persons.releaseHold(tenant, held), true);
  await sweep();
  assert.deepEqual(await Promise.all(records.map(left)), ["", ""]);
});

test("a sweep that is stopped between batches is made up for by the next", async (t) => {
  const { receive, left, steps, sweep } = await vault(t);
  const records = [await receive(100, randomUUID()), await receive(99, randomUUID()), await receive(98, randomUUID())];
  let batches = 0;
  await sweepExpired(terms, now, { ...steps, isStopped: () => ++batches > 2 });
  assert.notDeepEqual(await Promise.all(records.map(left)), ["", "", ""]);
  await sweep();
  assert.deepEqual(await Promise.all(records.map(left)), ["", "", ""]);
});
