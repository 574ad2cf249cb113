import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, describe, test } from "node:test";
import { testDatabase } from "../../test/support/database.ts";
import { closedSubjects, type GroupRow, ingestStore, type RecordRow } from "./ingest-store.ts";
import { keeperStore } from "./keeper-store.ts";
import { ownerRole } from "./roles.ts";
import { tokenStore } from "./token-store.ts";

const tenant = randomUUID();

describe("under a subject that is closed", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool(ownerRole);
  const ingress = database.pool("parcelkeep_ingress");
  const store = ingestStore(ingress);
  const closed = randomUUID();
  const erasure = randomUUID();
  await owner.query("insert into parcelkeep.erasures (id, tenant, subject, reason) values ($1, $2, $3, 'objection')", [
    erasure,
    tenant,
    closed,
  ]);
  await keeperStore(database.pool("parcelkeep_keeper")).freeze(erasure);

  const group = (subject: string, record: Uint8Array = randomBytes(16)): GroupRow => ({
    id: randomBytes(19),
    tenant,
    subject,
    record,
    session: 1,
    purpose: "personal-values",
    salt: randomBytes(16),
    commitment: randomBytes(16),
    sealed: randomBytes(60),
  });
  const record = (named: readonly string[]): RecordRow => ({
    id: randomBytes(16),
    dedupe: randomBytes(16),
    content: randomBytes(16),
    tenant,
    endpoint: "e",
    source: "fedex",
    receivedAt: Date.now(),
    session: 1,
    salt: randomBytes(16),
    offset: 0,
    sealedBytes: 60,
    failure: "",
    jobs: [],
    named,
  });
  const claim = (blind: Buffer, index: number, held: GroupRow) => {
    return { blind, former: null, version: 1, tenant, token: Buffer.concat([held.id, Buffer.of(0)]), group: index, strength: 1 };
  };
  const stored = async (): Promise<number> => {
    const { rows } = await owner.query<{ n: number }>(
      `select ((select count(*) from parcelkeep.sealed_groups) + (select count(*) from parcelkeep.token_index)
         + (select count(*) from parcelkeep.records) + (select count(*) from parcelkeep.record_subjects))::int as n`,
    );
    return rows[0]!.n;
  };

  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    "a new value": () => {
      const groups = [group(randomUUID()), group(closed)];
      return store.claimTokens(
        groups.map((each, index) => claim(randomBytes(16), index, each)),
        groups,
      );
    },
    "a record's sealed values": () => store.commit(randomBytes(60), [record([])], [group(closed)]),
    "a record that names the person": () => store.commit(randomBytes(60), [record([randomUUID(), closed])], []),
    "a link": () => store.linkSubjects([{ tenant, subject: randomUUID(), sameAs: closed }]),
    "values of the tokens API": () =>
      tokenStore(ingress).tokenise(
        { caller: "a", tenant, values: 1, identifiers: 0, claims: [], indexVersion: 1 },
        { tokensPerDay: 10, missesPerHour: 10, alarmIdentifiers: 10, alarmRatio: 1 },
        () => {
          const groups = [group(closed)];
          return { record: groups[0]!.record, session: 1, groups, adopted: [], links: [], shorts: [], masks: [], beacons: [] };
        },
      ),
  };
  for (const [what, call] of Object.entries(calls)) {
    test(`${what} is refused, and nothing of the call is stored`, async () => {
      const before = await stored();
      await assert.rejects(call, (error) => {
        assert.deepEqual(closedSubjects(error), [closed]);
        return true;
      });
      assert.equal(await stored(), before);
    });
  }

  test("a value that is known under it by now is refused with all others of the call", async () => {
    const blind = randomBytes(16);
    // As if an entry had been left behind.
    await owner.query("insert into parcelkeep.token_index (blind, tenant, token, subject) values ($1, $2, $3, $4)", [
      blind.toString("hex"),
      tenant,
      randomBytes(20),
      closed,
    ]);
    const groups = [group(randomUUID()), group(randomUUID())];
    const before = await stored();
    await assert.rejects(store.claimTokens([claim(blind, 0, groups[0]!), claim(randomBytes(16), 1, groups[1]!)], groups), (error) => {
      assert.deepEqual(closedSubjects(error), [closed]);
      return true;
    });
    assert.equal(await stored(), before);
  });
});
