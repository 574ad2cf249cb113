import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, suite, test } from "node:test";
import { parseKey } from "../audit/note.ts";
import { policyOfKey } from "../audit/policy.ts";
import { verifyLog } from "../audit/verify.ts";
import { auditStore } from "../store/audit-store.ts";
import { createLocalKeys } from "../vault/keys/local/key-folder.ts";
import { testDatabase, type TestDatabase } from "../../test/support/database.ts";
import { keysFile, logFolder, pointerFolder, readOrNull } from "./audit-files.ts";
import { type Config, readConfig } from "./config.ts";
import { keyFolder } from "./key-paths.ts";
import { programLog } from "./log.ts";
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

  const open = (settings: Partial<Config> = {}): Promise<Sequencer> =>
    Sequencer.open({ ...config, ...settings }, auditStore(database.pool("parcelkeep_sequencer")), log, now);

  const write = (count: number, type = "tenant.created"): Promise<unknown> =>
    database
      .pool("parcelkeep_owner")
      .query("select parcelkeep.audit($1, null, jsonb_build_object('subject', n::text)) from generate_series(1, $2::int) n", [type, count]);

  /** As an outsider does it: the files and a key. */
  async function verified(shard = "2026"): Promise<readonly string[]> {
    const folder = mkdtempSync(join(tmpdir(), "parcelkeep-exported-"));
    folders.push(folder);
    await cp(join(config.dataDir, "objects", logFolder(shard)), folder, { recursive: true });
    await cp(join(pointerFolder(config), shard), folder, { recursive: true });
    const keys = ((await readOrNull(join(pointerFolder(config), keysFile))) ?? "").split("\n").filter((line) => line !== "");
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
    const next = await open();
    await assert.rejects(next.turn({ publishNow: true }), { code: "behind" });
    await write(1);
    await settle(next);
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
    const signed = await readOrNull(join(config.auditAnchor, "2026", "signed-checkpoint"));
    await restore(owner);
    // Somebody puts the files back too, and all goes on for a while; the anchor stands elsewhere.
    await write(10);
    const forked = await open({ auditPublishMs: Number.MAX_SAFE_INTEGER });
    await forked.turn().catch(() => {});
    await assert.rejects((await open()).turn({ publishNow: true }), { code: "fork" });
    assert.equal(await readOrNull(join(config.auditAnchor, "2026", "signed-checkpoint")), signed);
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
