import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, beforeEach, describe, test } from "node:test";
import { testDatabase } from "../../test/support/database.ts";
import { numberToken } from "../../test/support/number-token.ts";
import { outboundStore } from "./outbound-store.ts";

describe("the store of what asks carriers", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  const store = outboundStore(database.pool("parcelkeep_outbound"));
  const tenant = randomUUID();
  await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'T')", [tenant]);
  await owner.query(
    "insert into parcelkeep.ingest_sessions (id, tenant, epoch, wrapped_raw, wrapped_values, wrapped_numbers) values (1, $1, 1, '', 'values', 'numbers')",
    [tenant],
  );

  beforeEach(async () => {
    await owner.query(
      "truncate parcelkeep.carrier_accounts, parcelkeep.poll_due, parcelkeep.poll_tenants, parcelkeep.quota_use, parcelkeep.releases, parcelkeep.shipments, parcelkeep.shipment_numbers, parcelkeep.sealed_groups cascade",
    );
  });

  async function account(source: string, { rank = 0, of = tenant, carriers = [source] } = {}): Promise<string> {
    const id = randomUUID();
    const added = await database
      .pool("parcelkeep_api")
      .query("select parcelkeep.add_carrier_account($1, $2, $3, $4, $5::smallint, $6, 1, '', '') as added", [
        id,
        of,
        source,
        carriers,
        rank,
        randomUUID(),
      ]);
    assert.ok(added.rows[0].added);
    return id;
  }

  async function parcel(carrier: string | null, { of = tenant, purpose = "n" } = {}): Promise<{ shipment: string; number: string }> {
    const group = randomBytes(19);
    const number = numberToken(group, 2);
    const shipment = randomUUID();
    await owner.query("insert into parcelkeep.shipments (id, tenant, carrier, state) values ($1, $2, $3, $4)", [
      shipment,
      of,
      carrier,
      JSON.stringify({ v: 1, numbers: [number], personal: ["ptk_name"], texts: ["ptk_text"] }),
    ]);
    await owner.query("insert into parcelkeep.shipment_numbers (number, place, tenant, shipment) values ($1, 0, $2, $3)", [
      number,
      of,
      shipment,
    ]);
    await owner.query(
      "insert into parcelkeep.sealed_groups (id, tenant, subject, record, session, purpose, salt, commitment, sealed) values ($1, $2, $3, $3, 1, $4, 'salt', 'c', 'sealed')",
      [group, of, randomUUID(), purpose],
    );
    return { shipment, number };
  }

  const call = (given: { account: string; polls: readonly { shipment: string; number: string }[] }) => ({
    release: randomUUID(),
    purpose: "tracking",
    basis: "contract",
    quotas: [],
    ...given,
  });

  test("takes up parcels of merchants that have an account, each once, and gives them to whom they are due", async () => {
    const gls = await account("gls");
    const one = await parcel("gls");
    await parcel("ups");
    assert.equal(await store.enrol(10), 2);
    assert.equal(await store.enrol(10), 0);
    assert.deepEqual([...(await store.dueAccounts()).keys()], [gls]);
    const claimed = await store.claim(gls, 10, 60_000);
    assert.deepEqual(
      claimed.map(({ shipment }) => shipment),
      [one.shipment],
    );
    assert.deepEqual(await store.claim(gls, 10, 60_000), [], "nobody else gets it meanwhile");
  });

  test("of a shipment's state no tokens of names or texts are given", async () => {
    const gls = await account("gls");
    await parcel("gls");
    await store.enrol(10);
    const [{ state } = { state: "" }] = await store.claim(gls, 1, 60_000);
    assert.match(state!, /"numbers"/);
    assert.doesNotMatch(state!, /ptk_name|ptk_text/);
  });

  test("a parcel whose carrier becomes known later is asked about then, and goes to the account of the lowest rank", async () => {
    await account("dhl-express", { rank: 5, carriers: ["gls", "dhl-express"] });
    const { shipment } = await parcel(null);
    await store.enrol(10);
    assert.equal(await store.assign(10), 0);
    await owner.query("update parcelkeep.shipments set carrier = 'gls' where id = $1", [shipment]);
    const first = await account("gls", { rank: 1 });
    assert.equal(await store.assign(10), 1);
    assert.deepEqual([...(await store.dueAccounts()).keys()], [first]);
  });

  test("whoever dies with a parcel leaves it due when the lease is over", async () => {
    const gls = await account("gls");
    await parcel("gls");
    await store.enrol(10);
    assert.equal((await store.claim(gls, 1, 0)).length, 1);
    assert.equal((await store.claim(gls, 1, 60_000)).length, 1);
  });

  test("records a release before it gives the sealed number", async () => {
    const gls = await account("gls");
    const one = await parcel("gls");
    const begun = call({ account: gls, polls: [one] });
    const [sealed] = (await store.beginCall(begun))!;
    assert.deepEqual([sealed!.shipment, sealed!.place, sealed!.wrapped.toString()], [one.shipment, 2, "numbers"]);
    const { rows } = await owner.query("select recipient, fields, decision, shipments, outcome from parcelkeep.releases where id = $1", [
      begun.release,
    ]);
    assert.deepEqual(rows, [
      { recipient: "gls", fields: ["trackingNumber"], decision: "automatic", shipments: [one.shipment], outcome: null },
    ]);
    await store.endCall(begun.release, "answered", "gls", false, 1, 12);
    assert.equal((await owner.query("select outcome from parcelkeep.releases")).rows[0].outcome, "answered");
    assert.deepEqual(
      (await store.health()).map(({ source, calls }) => [source, calls]),
      [["gls", 1]],
    );
  });

  test("gives no number of another carrier's parcel, of another merchant, of another shipment, and no group that is no number's", async () => {
    const gls = await account("gls");
    const stranger = randomUUID();
    await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'S')", [stranger]);
    const [own, ups, foreign, name] = [
      await parcel("gls"),
      await parcel("ups"),
      await parcel("gls", { of: stranger }),
      await parcel("gls", { purpose: "p" }),
    ];
    const polls = [ups, foreign, name, { shipment: own.shipment, number: ups.number }];
    assert.deepEqual(await store.beginCall(call({ account: gls, polls })), []);
    assert.equal((await owner.query("select from parcelkeep.releases")).rowCount, 0);
    const given = await store.beginCall(call({ account: gls, polls: [...polls, own] }));
    assert.deepEqual(
      given!.map(({ shipment }) => shipment),
      [own.shipment],
    );
    assert.deepEqual((await owner.query("select shipments from parcelkeep.releases")).rows, [{ shipments: [own.shipment] }]);
  });

  test("of two who spend the same part of a quota one does, and the other has released nothing", async () => {
    const gls = await account("gls");
    const one = await parcel("gls");
    const quotas = [{ key: "calls/1/1000", was: null, freeAt: Date.now() + 1000 }];
    const both = await Promise.all([1, 2].map(() => store.beginCall({ ...call({ account: gls, polls: [one] }), quotas })));
    assert.equal(both.filter((each) => each === null).length, 1);
    assert.equal((await owner.query("select from parcelkeep.releases")).rowCount, 1);
    const [held] = await store.accounts();
    assert.deepEqual([...(await store.quotaUses([held!.credential]))], [[`${held!.credential} calls/1/1000`, quotas[0]!.freeAt]]);
    const next = { key: quotas[0]!.key, was: quotas[0]!.freeAt, freeAt: quotas[0]!.freeAt + 1000 };
    assert.equal((await store.beginCall({ ...call({ account: gls, polls: [one] }), quotas: [next] }))!.length, 1);
  });

  test("settles what was decided, and drops what is over", async () => {
    const gls = await account("gls");
    const [one, two] = [await parcel("gls"), await parcel("gls")];
    await store.enrol(10);
    await store.claim(gls, 10, 60_000);
    const nextAt = Date.now() + 5_000;
    await store.settle([{ shipment: one.shipment, account: gls, nextAt, polledAt: 1_800_000_000_000, failures: 2 }], [two.shipment]);
    const { rows } = await owner.query("select shipment, next_at, polled_at, failures from parcelkeep.poll_due");
    assert.deepEqual(rows, [{ shipment: one.shipment, next_at: new Date(nextAt), polled_at: new Date(1_800_000_000_000), failures: 2 }]);
  });

  test("a source's calls, numbers and put-off calls are counted, with who is held and what is due", async () => {
    await owner.query("truncate parcelkeep.source_hours, parcelkeep.source_states");
    const gls = await account("gls");
    const [one, two] = [await parcel("gls"), await parcel("gls")];
    await store.enrol(10);
    for (const [outcome, isFailure] of [
      ["answered", false],
      ["rate-limited", false],
      ["unavailable", true],
    ] as const) {
      const begun = call({ account: gls, polls: [one, two] });
      await store.beginCall(begun);
      await store.endCall(begun.release, outcome, "gls", isFailure, 2, 100);
    }
    await store.noteStates([{ source: "gls", breaker: "half-open", underWay: 3 }]);
    await store.holdAccount(gls, Date.now() + 60_000, "rate-limited");
    await owner.query(
      "insert into parcelkeep.source_hours (source, hour, calls, failures) values ('gls', now() - interval '29 days', 10, 1), ('gls', now() - interval '31 days', 500, 500)",
    );
    const [health] = await store.health();
    assert.deepEqual(health, {
      source: "gls",
      calls: 13,
      failures: 2,
      numbers: 6,
      rateLimited: 1,
      latencyMs: 300,
      recentCalls: 3,
      recentFailures: 1,
      recentLatencyMs: 300,
      breaker: "half-open",
      underWay: 3,
      held: 1,
      due: 2,
    });
    await owner.query("update parcelkeep.source_states set told_at = now() - interval '6 minutes'");
    const [old] = await store.health();
    assert.deepEqual([old!.breaker, old!.underWay], [null, 0], "whoever told it is gone");
  });

  test("a removed account leaves its parcels to others, and its credential is gone", async () => {
    const gls = await account("gls");
    await parcel("gls");
    await store.enrol(10);
    await database.pool("parcelkeep_api").query("select parcelkeep.remove_carrier_account($1, $2)", [tenant, gls]);
    assert.deepEqual([...(await store.dueAccounts())], []);
    const other = await account("gls");
    assert.equal(await store.assign(10), 1);
    assert.deepEqual([...(await store.dueAccounts()).keys()], [other]);
    assert.equal((await owner.query("select from parcelkeep.carrier_accounts")).rowCount, 1);
  });
});
