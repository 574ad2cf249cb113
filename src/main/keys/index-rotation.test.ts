import assert from "node:assert/strict";
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { after, describe, test } from "node:test";
import { testDatabase } from "../../../test/support/database.ts";
import { subkey } from "../../domain/keyed-hash.ts";
import { uuidBytes } from "../../store/binary-array.ts";
import { indexVersionsOf, isStaleIndex } from "../../store/index-versions.ts";
import { ingestStore } from "../../store/ingest-store.ts";
import { rotationStore } from "../../store/rotation-store.ts";
import { type IndexKeys, indexKeys } from "../../vault/blind-index.ts";
import { moveIndex } from "../../vault/rotate-index.ts";
import { indexEntry } from "../../vault/tokenise.ts";
import { TenantKeys } from "./tenant-keys.ts";

const tenant = "00000000-0000-4000-8000-000000000001";
const other = "00000000-0000-4000-8000-000000000002";
const roots = new Map([1, 2, 3].map((epoch) => [epoch, randomBytes(32)]));
const keys = { derive: async (label: string, epoch = 1) => subkey(roots.get(epoch)!, label) };

describe("rotation of the blind index", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  for (const id of [tenant, other]) await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'T')", [id]);
  const ingress = database.pool("parcelkeep_ingress");
  const rekeyer = rotationStore(database.pool("parcelkeep_rekeyer") as never);
  const store = ingestStore(ingress);

  /** What a process enters a value with: its own memory of the keys. */
  function process() {
    const tenantKeys = new TenantKeys(keys, indexVersionsOf(ingress));
    const claimUnder = async (of: string, index: IndexKeys, value: string): Promise<string> => {
      const { blind, former, version } = indexEntry(index, "phone", value);
      const subject = randomUUID();
      const id = randomBytes(19);
      const [held] = await store.claimTokens(
        [
          {
            blind: Buffer.from(blind, "latin1"),
            former: former === null ? null : Buffer.from(former, "latin1"),
            version,
            tenant: of,
            token: Buffer.concat([id, Buffer.of(0)]),
            group: 0,
            strength: 2,
          },
        ],
        [
          {
            id,
            tenant: of,
            subject,
            record: uuidBytes(randomUUID()),
            session: 1,
            purpose: "personal-values",
            salt: randomBytes(16),
            commitment: randomBytes(16),
            sealed: randomBytes(64),
          },
        ],
      );
      return held!.token.toString("hex");
    };
    const claim = async (value: string, of = tenant): Promise<string> => {
      for (let index = await tenantKeys.of(of); ; index = await tenantKeys.renewed(of)) {
        try {
          return await claimUnder(of, index, value);
        } catch (error) {
          if (!isStaleIndex(error)) throw error;
        }
      }
    };
    return { claim, claimUnder };
  }

  const begin = (of: string | null, rootEpoch: number) => rekeyer.beginIndexRotation("test", of, rootEpoch);
  const move = (rotation: string, place: string | null, limit: number, batchesMax = Infinity): Promise<number> => {
    let batches = 0;
    return moveIndex(
      {
        targets: () => rekeyer.indexTargets(rotation),
        next: (from) => rekeyer.indexEntriesToMove(rotation, from, limit),
        move: async (moved, at) => {
          if (++batches > batchesMax) throw new Error("killed");
          return rekeyer.moveIndexEntries(rotation, moved, at);
        },
      },
      keys,
      place,
      () => nextTurn(),
      () => {},
    );
  };
  const entries = async (of: string): Promise<{ total: number; versions: number[] }> => {
    const { rows } = await owner.query(
      "select version, count(*)::int as n from parcelkeep.token_index where tenant = $1 group by 1 order by 1",
      [of],
    );
    return { total: rows.reduce((sum, { n }) => sum + n, 0), versions: rows.map(({ version }) => version) };
  };

  test("no value gets a second token while its entry moves, whoever enters it with whatever keys it has", async () => {
    const held = new Map<string, string>();
    const values = Array.from({ length: 400 }, (_, at) => `+49151${String(at).padStart(7, "0")}`);
    const first = process();
    for (const value of values.slice(0, 200)) held.set(value, await first.claim(value));
    const mine = [process(), process(), process(), first];
    let isOver = false;
    const entering = mine.map(async ({ claim }) => {
      let claims = 0;
      for (; !isOver; claims++) {
        const value = values[randomInt(values.length)]!;
        const token = await claim(value);
        assert.equal(held.get(value) ?? token, token, "a value has one token");
        held.set(value, token);
      }
      return claims;
    });
    for (const rootEpoch of [2, 3]) {
      const run = await begin(tenant, rootEpoch);
      await move(run.id, null, 7);
      assert.equal(await rekeyer.finishIndexRotation(run.id), 0);
    }
    isOver = true;
    const claims = await Promise.all(entering);
    assert.ok(claims.every((count) => count > 0));
    assert.deepEqual(await entries(tenant), { total: held.size, versions: [3] });
    // Whoever starts now finds them all.
    const late = process();
    for (const [value, token] of held) assert.equal(await late.claim(value), token);
  });

  test("who knows an old key only is refused, and enters nothing", async () => {
    const before = await entries(tenant);
    await assert.rejects(process().claimUnder(tenant, await indexKeys(keys, tenant), "+49999"), isStaleIndex);
    assert.deepEqual(await entries(tenant), before);
  });

  test("another tenant's entries stay, and have all moved with a rotation of all", async () => {
    const { claim } = process();
    const token = await claim("+4930", other);
    assert.deepEqual((await entries(other)).versions, [1]);
    const run = await begin(null, 3);
    await move(run.id, null, 50);
    assert.equal(await rekeyer.finishIndexRotation(run.id), 0);
    assert.deepEqual([(await entries(other)).versions, (await entries(tenant)).versions], [[2], [4]]);
    assert.equal(await claim("+4930", other), token);
  });

  test("a run that is killed goes on at its place, and registers each entry once", async () => {
    const { total } = await entries(tenant);
    const run = await begin(tenant, 3);
    await assert.rejects(move(run.id, run.place, 20, 3), /killed/);
    assert.deepEqual((await entries(tenant)).versions, [4, 5]);
    const again = await begin(tenant, 3);
    assert.deepEqual([again.id, again.isResumed], [run.id, true]);
    assert.notEqual(again.place, null);
    assert.ok((await entries(tenant)).versions.length > 1);
    await move(again.id, again.place, 20);
    assert.equal(await rekeyer.finishIndexRotation(run.id), 0);
    const [registered] = await rekeyer.rotations(1);
    assert.deepEqual([registered!.kind, registered!.entries, registered!.from, registered!.to], ["blind-index", total, 4, 5]);
  });

  test("an entry that is out of the index for an erasure keeps the run from ending, and one that comes back is moved or joined", async () => {
    const { claim } = process();
    const [one, two] = ["+491511111111", "+491512222222"];
    const held = await claim(one);
    await claim(two);
    const subjectOf = async (token: string): Promise<string> =>
      (await owner.query("select subject from parcelkeep.token_index where token = decode($1, 'hex')", [token])).rows[0].subject;
    const subject = await subjectOf(held);
    const taken = `delete from parcelkeep.token_index where subject = $1 returning blind, tenant, token, subject, version`;
    const erasure = randomUUID();
    await owner.query(
      `with taken as (${taken}) insert into parcelkeep.frozen_index (blind, tenant, token, subject, version, erasure) select *, $2 from taken`,
      [subject, erasure],
    );
    const run = await begin(tenant, 3);
    const meanwhile = await claim(one);
    assert.notEqual(meanwhile, held);
    await move(run.id, null, 100);
    assert.equal(await rekeyer.finishIndexRotation(run.id), 1);
    const back = "delete from parcelkeep.frozen_index where erasure = $1 returning blind, tenant, token, subject, version";
    await owner.query(
      `with back as (${back}) insert into parcelkeep.token_index (blind, tenant, token, subject, version) select * from back`,
      [erasure],
    );
    await move(run.id, null, 100);
    assert.equal(await rekeyer.finishIndexRotation(run.id), 0);
    assert.equal(await process().claim(one), meanwhile);
    const { rowCount } = await owner.query("select from parcelkeep.subject_links where subject = $1 and same_as = $2", [
      subject,
      await subjectOf(meanwhile),
    ]);
    assert.equal(rowCount, 1);
  });

  test("an entry under a key is the hash over the one before it, not over the value", async () => {
    const index = await indexKeys(keys, tenant, [{ version: 2, rootEpoch: 2, isMoving: true }]);
    const former = Buffer.from(index.formerBlind("phone", "+49")!, "latin1");
    assert.equal(index.formerBlind("phone", "+49"), index.firstBlind("phone", "+49"));
    const again = subkey(await keys.derive(`blind-index|${tenant}|v2`, 2), former as never);
    assert.equal(index.blind("phone", "+49"), again.subarray(0, 16).toString("latin1"));
  });
});
