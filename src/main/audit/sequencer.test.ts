import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, suite, test } from "node:test";
import { parseKey } from "../../audit/note.ts";
import { policyOfKey } from "../../audit/policy.ts";
import type { Cosign } from "../../audit/publisher.ts";
import { verifyLog } from "../../audit/verify.ts";
import { auditStore } from "../../store/audit-store.ts";
import { createLocalKeys } from "../../vault/keys/local/key-folder.ts";
import { testDatabase, type TestDatabase } from "../../../test/support/database.ts";
import { keysFile, logFolder } from "./audit-files.ts";
import { type Config, readConfig } from "../config.ts";
import { keyFolder } from "../keys/key-paths.ts";
import { anchorOf, pointersOf } from "../settings/object-stores.ts";
import { programLog } from "../log.ts";
import { startSequencing } from "./run-sequencer.ts";
import { Sequencer } from "./sequencer.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const log = programLog("silent", "test");

suite("the sequencer", () => {
  let database: TestDatabase;
  let config: Config;
  let year = 2026;
  const now = (): Date => new Date(Date.UTC(year, 5, 1));

  beforeEach(async (t) => {
    year = 2026;
    database = await testDatabase(t as never);
    const dataDir = mkdtempSync(join(tmpdir(), "parcelkeep-sequencer-"));
    folders.push(dataDir);
    await createLocalKeys(keyFolder(dataDir));
    config = { ...readConfig({ PARCELKEEP_DATA: dataDir, PARCELKEEP_AUDIT_ORIGIN: "log.example" }), auditPublishMs: 0 };
  });

  const open = (settings: Partial<Config> = {}, cosignOf?: () => Cosign): Promise<Sequencer> =>
    Sequencer.open({ ...config, ...settings }, auditStore(database.pool("parcelkeep_sequencer")), log, { now, cosignOf });

  const waiting = async (): Promise<number | null> =>
    (await database.pool("parcelkeep_owner").query("select from parcelkeep.audit_outbox")).rowCount;

  const write = (count: number, type = "tenant.created"): Promise<unknown> =>
    database
      .pool("parcelkeep_owner")
      .query("select parcelkeep.audit($1, null, jsonb_build_object('subject', n::text)) from generate_series(1, $2::int) n", [type, count]);

  /** As an outsider does it: the files and a key. */
  async function verified(shard = "2026"): Promise<readonly string[]> {
    const folder = mkdtempSync(join(tmpdir(), "parcelkeep-exported-"));
    folders.push(folder);
    await cp(join(config.dataDir, "objects", logFolder(shard)), folder, { recursive: true });
    await cp(join(config.dataDir, "audit", shard), folder, { recursive: true });
    const keys = ((await (await pointersOf(config)).read(keysFile)) ?? "").split("\n").filter((line) => line !== "");
    const key = keys.map(parseKey).find(({ name }) => name.endsWith(shard))!;
    const types: string[] = [];
    const checkpoint = await verifyLog(folder, policyOfKey(key), (entry) =>
      types.push((JSON.parse(entry.toString()) as { type: string }).type),
    );
    assert.equal(checkpoint.size, types.length);
    return types;
  }

  async function settle(sequencer: Sequencer): Promise<void> {
    while (await sequencer.turn({ publishNow: true })) {
      // Until nothing waits.
    }
  }

  test("publishes what was written down, once each, in a log that an outsider verifies", async () => {
    const sequencer = await open();
    await settle(sequencer);
    await write(10_000);
    await settle(sequencer);
    const types = await verified();
    assert.equal(types[0], "log.opened");
    assert.equal(types.filter((type) => type === "tenant.created").length, 10_000);
    assert.equal((await database.pool("parcelkeep_owner").query("select * from parcelkeep.audit_outbox")).rowCount, 0);
  });

  test("an entry of an unknown type gets its place as a digest", async () => {
    const sequencer = await open();
    await write(1, "no.such-type");
    await settle(sequencer);
    assert.deepEqual((await verified()).toSorted(), ["log.opened", "log.unfit"]);
  });

  test("whoever was overtaken places and publishes nothing more", async () => {
    const old = await open();
    await settle(old);
    const young = await open();
    await settle(young);
    await write(3);
    await assert.rejects(old.turn(), { code: "overtaken" });
    await settle(young);
    assert.equal((await verified()).length, 4);
  });

  test("a database that was restored from before the last checkpoint gets its entries back", async () => {
    const sequencer = await open();
    await write(300);
    await settle(sequencer);
    const owner = database.pool("parcelkeep_owner");
    await backup(owner);
    await write(500);
    await settle(sequencer);
    await restore(owner);
    // Something is done before the sequencer is up again.
    await write(1);
    await settle(await open());
    assert.equal((await verified()).length, 802);
    const { rows } = await owner.query<{ count: string }>("select count(*) from parcelkeep.audit_entries");
    assert.equal(Number(rows[0]!.count), 802);
  });

  test("a restored database that went on otherwise is a fork, and nothing more is signed", async () => {
    const sequencer = await open();
    await write(300);
    await settle(sequencer);
    const owner = database.pool("parcelkeep_owner");
    await backup(owner);
    await write(20);
    await settle(sequencer);
    const anchor = await anchorOf(config);
    const signed = await anchor.read("2026/signed-checkpoint");
    await restore(owner);
    // It went on for a while where the anchor was not at hand.
    const elsewhere = mkdtempSync(join(tmpdir(), "parcelkeep-sequencer-"));
    folders.push(elsewhere);
    await createLocalKeys(keyFolder(elsewhere));
    for (const count of [10, 20]) {
      await write(count);
      await settle(await open(readConfig({ PARCELKEEP_DATA: elsewhere, PARCELKEEP_AUDIT_ORIGIN: "log.example" })));
      // Shorter than what was signed at first, and then longer.
      await assert.rejects((await open()).turn({ publishNow: true }), { code: "fork" });
      assert.equal(await anchor.read("2026/signed-checkpoint"), signed);
    }
  });

  test("an entry that was written before its log was opened stands behind the one that opens it", async () => {
    await write(2);
    await settle(await open());
    assert.deepEqual(await verified(), ["log.opened", "tenant.created", "tenant.created"]);
  });

  test("a witness that hangs keeps no entry from its place, and what came meanwhile is published by the next", async () => {
    const hanging = Promise.withResolvers<void>();
    let asked = 0;
    const sequencer = await open({}, () => async (note) => {
      if (++asked === 1) await hanging.promise;
      return note;
    });
    const sequencing = startSequencing(sequencer, log, async () => {});
    await until(() => asked === 1, "the witness is asked");
    await write(20);
    sequencing.ring();
    await until(async () => (await waiting()) === 0, "the entries have their places");
    // Nobody else publishes meanwhile.
    const other = sequencer.publish({ publishNow: true });
    assert.equal(asked, 1);
    hanging.resolve();
    await other;
    await sequencing.stop();
    await settle(sequencer);
    assert.equal((await verified()).length, 21);
  });

  test("a time-stamp gets one entry, whether the one before waits for its place or has it", async () => {
    const sequencer = await open();
    const { noteTimeStamp } = auditStore(database.pool("parcelkeep_sequencer"));
    const facts = { size: 1, authority: "a".repeat(64), tokenSha256: "b".repeat(64) };
    assert.equal(await noteTimeStamp(facts), true);
    assert.equal(await noteTimeStamp(facts), false);
    await settle(sequencer);
    assert.equal(await noteTimeStamp(facts), false);
    assert.equal(await noteTimeStamp({ ...facts, tokenSha256: "c".repeat(64) }), true);
    await settle(sequencer);
    assert.deepEqual(await verified(), ["log.opened", "checkpoint.time-stamped", "checkpoint.time-stamped"]);
  });

  test("a clock that went back opens no older log, and one that was ahead is waited for", async () => {
    const sequencer = await open();
    await settle(sequencer);
    year = 2027;
    await settle(sequencer);
    // Another sequencer takes over, whose clock is right.
    year = 2026;
    const other = await open();
    await write(3);
    await settle(other);
    assert.deepEqual(await verified("2027"), ["log.opened", "tenant.created", "tenant.created", "tenant.created"]);
    await assert.rejects(sequencer.turn(), { code: "overtaken" });
    year = 2027;
    await write(1);
    await settle(other);
    assert.equal((await verified("2027")).length, 5);
    assert.equal((await verified("2026")).at(-1), "log.closed");
  });

  test("nothing stands behind the entry that closes a log, whichever step of the new year failed", async () => {
    for (const [place, step] of (["placed", "published", "closed"] as const).entries()) {
      const shard = String(year);
      let isFailing = false;
      const store = auditStore(database.pool("parcelkeep_sequencer"));
      const lose = <Result>(at: typeof step, done: Result): Result => {
        if (isFailing && step === at) throw new Error("the answer was lost");
        return done;
      };
      const failing: typeof store = {
        ...store,
        sequence: async (...args) => {
          const done = await store.sequence(...args);
          return done?.entries.at(-1)?.type === "log.closed" ? lose("placed", done) : done;
        },
        close: async (...args) => lose("closed", await store.close(...args)),
      };
      const cosign: Cosign = async (note) => lose("published", note);
      const sequencer = await Sequencer.open(config, failing, log, { now, cosignOf: () => cosign });
      await write(2);
      await settle(sequencer);
      isFailing = true;
      year++;
      await assert.rejects(settle(sequencer), step);
      isFailing = false;
      await write(2);
      const next = place % 2 === 0 ? sequencer : await open();
      // Whoever begins anew publishes before it closes.
      await settle(next);
      await settle(next);
      const old = await verified(shard);
      assert.deepEqual([old[0], old.indexOf("log.closed")], ["log.opened", old.length - 1], step);
      assert.deepEqual(await verified(String(year)), ["log.opened", "tenant.created", "tenant.created"], step);
    }
  });

  test("a new year begins a log that names the head of the old one", async () => {
    const sequencer = await open();
    await write(5);
    await settle(sequencer);
    year = 2027;
    await settle(sequencer);
    await settle(sequencer);
    await write(2);
    await settle(sequencer);
    assert.equal((await verified("2026")).at(-1), "log.closed");
    assert.deepEqual(await verified("2027"), ["log.opened", "tenant.created", "tenant.created"]);
    const { rows } = await database
      .pool("parcelkeep_owner")
      .query<{ body: Buffer }>("select body from parcelkeep.audit_entries where shard = '2027' and index = 0");
    const opened = JSON.parse(rows[0]!.body.toString()) as Record<string, unknown>;
    assert.deepEqual([opened["previousOrigin"], opened["previousSize"]], ["log.example/audit/2026", 7]);
  });
});

async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function backup(owner: { query(text: string): Promise<unknown> }): Promise<void> {
  await owner.query("create table public.old_entries as select * from parcelkeep.audit_entries");
  await owner.query("create table public.old_logs as select * from parcelkeep.audit_logs");
}

async function restore(owner: { query(text: string): Promise<unknown> }): Promise<void> {
  await owner.query("delete from parcelkeep.audit_entries");
  await owner.query("delete from parcelkeep.audit_outbox");
  await owner.query("update parcelkeep.audit_logs l set size = o.size, hashes = o.hashes from public.old_logs o where o.shard = l.shard");
  await owner.query("insert into parcelkeep.audit_entries select * from public.old_entries");
}
