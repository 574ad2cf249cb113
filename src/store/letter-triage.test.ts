import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, beforeEach, describe, test } from "node:test";
import { testDatabase } from "../../test/support/database.ts";
import { carrierAccountStore } from "./carrier-account-store.ts";
import { outboundStore } from "./outbound-store.ts";
import { backlog, type LetterDecision, listStart, readStore } from "./read-store.ts";

describe("triage of dead letters", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  const api = database.pool("parcelkeep_api");
  const [reads, accounts, outbound] = [readStore(api), carrierAccountStore(api), outboundStore(database.pool("parcelkeep_outbound"))];
  const [tenant, account] = [randomUUID(), randomUUID()];
  await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'T')", [tenant]);
  await api.query("select parcelkeep.add_carrier_account($1, $2, 'gls', '{gls}', 0::smallint, $3, 1, '', '')", [
    account,
    tenant,
    randomUUID(),
  ]);

  beforeEach(async () => {
    await owner.query(
      "truncate parcelkeep.outbound_letters, parcelkeep.dead_letters, parcelkeep.letter_triage, parcelkeep.poll_due, parcelkeep.audit_outbox cascade",
    );
  });

  const shown = async (state: Parameters<typeof reads.deadLetters>[3]) =>
    (await reads.deadLetters(tenant, listStart, 50, state)).map((row) => [row.code, row.state]);
  const say = (said: Partial<LetterDecision>) =>
    reads.triageLetters(tenant, {
      ids: null,
      source: null,
      code: null,
      state: "dismissed",
      reason: "other",
      reference: null,
      by: "key1",
      ...said,
    });

  test("what is dismissed waits no more and stays readable, with who said so and why", async () => {
    await outbound.noteLetters(account, [], "credential-refused");
    await outbound.noteLetters(account, [randomUUID()], "answer-unreadable");
    assert.equal((await backlog(api)).outboundLetters, 2);
    assert.equal(await say({ code: "answer-unreadable", reason: "carrier-fault", reference: "OPS-17" }), 1);
    assert.deepEqual(await shown("waiting"), [["credential-refused", "open"]]);
    assert.equal((await backlog(api)).outboundLetters, 1);
    const [dismissed] = await reads.deadLetters(tenant, listStart, 50, "dismissed");
    assert.deepEqual(
      [dismissed!.code, dismissed!.reason, dismissed!.reference, dismissed!.decided_by],
      ["answer-unreadable", "carrier-fault", "OPS-17", "key1"],
    );
    assert.equal((await shown(null)).length, 2);
  });

  test("what is acknowledged goes on waiting, and what was said is taken back", async () => {
    await outbound.noteLetters(account, [], "credential-refused");
    await say({ source: "gls", state: "acknowledged" });
    assert.deepEqual(await shown("waiting"), [["credential-refused", "acknowledged"]]);
    await say({ source: "gls", state: "open" });
    assert.deepEqual(await shown("open"), [["credential-refused", "open"]]);
  });

  test("each saying stands in the audit log, by whom", async () => {
    await outbound.noteLetters(account, [], "credential-refused");
    await say({ reason: "credential" });
    const { rows } = await owner.query("select tenant, facts from parcelkeep.audit_outbox where type = 'letter.triaged'");
    const { letter, ...facts } = rows[0].facts;
    assert.deepEqual([rows[0].tenant, facts], [tenant, { kind: "outbound", state: "dismissed", reason: "credential", by: "key1" }]);
    assert.equal(typeof letter, "string");
  });

  test("a letter that was dismissed is open again when the same happens again; an acknowledged one stays so", async () => {
    const shipment = randomUUID();
    for (const state of ["dismissed", "acknowledged"] as const) {
      await outbound.noteLetters(account, [shipment], "refused-by-guard");
      await say({ state });
      await outbound.noteLetters(account, [shipment], "refused-by-guard");
      assert.deepEqual(await shown(null), [["refused-by-guard", state === "dismissed" ? "open" : "acknowledged"]]);
    }
  });

  test("a bulk retry leaves what is dismissed, and a letter that is named is tried all the same", async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await outbound.noteLetters(account, [one, two], "answer-unreadable");
    const { rows } = await owner.query<{ id: string }>("select id from parcelkeep.outbound_letters where shipment = $1", [one]);
    await say({ ids: [rows[0]!.id] });
    assert.equal(await accounts.retryLetters(tenant, null, "gls", null), 1);
    assert.equal(await accounts.retryLetters(tenant, [rows[0]!.id], null, null), 1);
    assert.equal((await owner.query("select from parcelkeep.letter_triage")).rowCount, 0, "nothing is said of letters that are gone");
  });

  test("says nothing of another tenant's letters", async () => {
    await outbound.noteLetters(account, [], "credential-refused");
    const { rows } = await owner.query<{ id: string }>("select id from parcelkeep.outbound_letters");
    const said = await reads.triageLetters(randomUUID(), {
      ids: [rows[0]!.id],
      source: null,
      code: null,
      state: "dismissed",
      reason: "other",
      reference: null,
      by: "key1",
    });
    assert.equal(said, 0);
    assert.deepEqual(await shown("open"), [["credential-refused", "open"]]);
  });
});
