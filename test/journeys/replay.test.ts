import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import { RunningProgram } from "../support/running-program.ts";

/** A GLS answer with an invented person. */
const payload = (number: string): string =>
  JSON.stringify({
    parcelNo: number,
    state: "4",
    addressInfo: { to: { name: "Ida Musterweg" } },
    scans: [{ dateTime: "2026-11-20T10:00:00", state: "4", eventReasonDescr: "Afgeleverd bij Ida Musterweg" }],
  });

describe("a record in quarantine", () => {
  // Segments at once, so that a record is found in one.
  const program = new RunningProgram({ PARCELKEEP_SEGMENT_AGE_MS: "1" });
  let tenant = "";
  let key = "";
  let database: pg.Client;

  before(async () => {
    await program.start();
    ({ tenant, apiKey: key } = JSON.parse(program.command("tenants", "create", "--name", "Replay", "--json")));
    database = new pg.Client({ connectionString: program.databaseUrl });
    await database.connect();
  });
  after(async () => {
    await database.end();
    await program.remove();
  });

  const captured = async (text: string, source: string): Promise<string> => {
    const path = `/v1/captured?tenant=${tenant}&source=${source}`;
    const headers = { "content-type": "application/octet-stream" };
    const answer = await program.call(path, { key: program.operatorKey, body: text, headers });
    assert.equal(answer.status, 202, answer.text);
    return answer.json().receipt;
  };
  const receiptOf = async (receipt: string) => (await program.call(`/v1/receipts/${receipt}`, { key })).json();
  const retry = (id: string, body: object | null, as = key) =>
    program.call(`/v1/dead-letters/${id}/retry`, {
      key: as,
      method: "POST",
      ...(body === null ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  const processed = (receipt: string) =>
    program.until(async () => {
      const found = await receiptOf(receipt);
      return found.state === "processed" ? found : null;
    }, "the record to be processed");
  const quarantined = async (): Promise<string[]> =>
    (await program.call("/v1/dead-letters", { key })).json().items.map(({ id }: { id: string }) => id);

  test("is taken in anew under the source that it came from, and its first receipt goes on being answered", async () => {
    const first = await captured(payload("REPLAY000001"), "unknown");
    assert.equal((await receiptOf(first)).state, "quarantined");
    assert.ok((await quarantined()).includes(first));
    const taken = await retry(first, { source: "gls" });
    assert.equal(taken.status, 202, taken.text);
    const { shipments } = await processed(first);
    const shipment = (await program.call(`/v1/shipments/${shipments[0]}`, { key })).json();
    assert.deepEqual([shipment.carrier, shipment.status, shipment.events.length], ["gls", "delivered", 1]);
    assert.doesNotMatch(JSON.stringify(shipment), /Musterweg|REPLAY000001/);
    assert.ok(!(await quarantined()).includes(first));
    assert.equal((await receiptOf(taken.json().receipt)).state, "processed");
    // Nothing is left behind that an erasure of the person would not find.
    const { rows } = await database.query("select salt, state from parcelkeep.records where id = $1", [first]);
    assert.deepEqual(rows, [{ salt: null, state: "r" }]);
    assert.equal((await retry(first, { source: "gls" })).status, 404);
  });

  test("is found in its segment once it is archived", async () => {
    const first = await captured(payload("REPLAY000002"), "unknown");
    await program.until(async () => {
      const { rows } = await database.query(
        "select from parcelkeep.records r join parcelkeep.segment_batches b on b.batch = r.batch where r.id = $1 and b.base_offset is not null",
        [first],
      );
      return rows.length === 1;
    }, "the record to be archived");
    assert.equal((await retry(first, { source: "gls" })).status, 202);
    assert.equal((await processed(first)).shipments.length, 1);
  });

  test("stays where it is when it does not decode, and is neither stored again nor given out", async () => {
    const first = await captured('{"neither": "Ida Musterweg"}', "gls");
    const records = async () => (await database.query("select count(*) as all from parcelkeep.records")).rows[0].all;
    const before = await records();
    for (const body of [null, {}, { source: "gls" }, { source: "fedex" }, { source: "unknown" }, { source: "cainiao" }]) {
      const refused = await retry(first, body);
      assert.deepEqual([refused.status, refused.json().code], [409, "still_undecodable"]);
      assert.doesNotMatch(refused.text, /Musterweg/);
    }
    assert.equal((await retry(first, { source: "shopfy" })).json().code, "unknown_source");
    assert.equal((await retry(first, { source: "api" })).json().code, "unknown_source");
    assert.equal(await records(), before);
    assert.equal((await receiptOf(first)).state, "quarantined");
  });

  test("is taken in anew with others of its source in one call; what does not decode stays", async () => {
    const { tenant: shop, apiKey } = JSON.parse(program.command("tenants", "create", "--name", "Bulk", "--json"));
    const send = async (text: string): Promise<string> => {
      const headers = { "content-type": "application/octet-stream" };
      const path = `/v1/captured?tenant=${shop}&source=unknown`;
      return (await program.call(path, { key: program.operatorKey, body: text, headers })).json().receipt;
    };
    const good = [await send(payload("BULK00000001")), await send(payload("BULK00000002")), await send(payload("BULK00000003"))];
    const bad = await send('{"neither": "Ida Musterweg"}');
    const all = (body: object) =>
      program.call("/v1/dead-letters/retry", {
        key: apiKey,
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      });
    assert.deepEqual((await all({ source: "gls", as: "gls" })).json(), { retried: 0, refused: 0, more: false });
    const answer = await all({ source: "unknown", as: "gls" });
    assert.equal(answer.status, 202, answer.text);
    assert.deepEqual(answer.json(), { retried: 3, refused: 1, more: false });
    for (const receipt of good) {
      await program.until(
        async () => (await program.call(`/v1/receipts/${receipt}`, { key: apiKey })).json().state === "processed",
        "a record to be processed",
      );
    }
    const left = (await program.call("/v1/dead-letters", { key: apiKey })).json().items.map(({ id }: { id: string }) => id);
    assert.deepEqual(left, [bad]);
  });

  test("is one tenant's; what is not in quarantine is not opened", async () => {
    const first = await captured(payload("REPLAY000003"), "unknown");
    const other = JSON.parse(program.command("tenants", "create", "--name", "Other", "--json")).apiKey;
    assert.equal((await retry(first, { source: "gls" }, other)).status, 404);
    const plain = await captured(payload("REPLAY000004"), "gls");
    assert.equal((await retry(plain, { source: "gls" })).status, 404);
    const grants = await database.query("select from parcelkeep.used_grants where record = any($1)", [[first, plain]]);
    assert.equal(grants.rowCount, 0);
  });

  test("is counted for monitoring until it is taken in", async () => {
    const count = async () => Number(/^parcelkeep_quarantine_records (\d+)$/m.exec((await program.call("/metrics")).text)![1]);
    const before = await count();
    const first = await captured(payload("REPLAY000005"), "unknown");
    assert.equal(await count(), before + 1);
    await retry(first, { source: "gls" });
    assert.equal(await count(), before);
  });
});
