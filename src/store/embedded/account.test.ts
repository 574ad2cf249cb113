import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, chown, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { databaseProgram, emptyDataFolder, query, start } from "../../../test/support/embedded.ts";
import { commandAs } from "./account.ts";

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
/** "daemon", the ordinary user that every Linux has. */
const daemon = 1;
const nameless = 54_321;

/** Nobody can reach a checkout in root's home. */
const isCheckoutOpen = isRoot && runsAs(daemon, [process.execPath, "--version"]);

function runsAs(uid: number, [file = "", ...args]: readonly string[]): boolean {
  return spawnSync(file, args, { uid, gid: uid }).status === 0;
}

const onlyRoot = { skip: isRoot ? false : "needs root" };
const onlyOpen = { skip: isCheckoutOpen ? false : "needs root and a checkout that others can read" };
const namespace = commandAs({ kind: "user-namespace" }, "/bin/true", []);
const onlyNamespace = {
  skip: isCheckoutOpen && runsAs(nameless, [namespace.file, ...namespace.args]) ? false : "needs user namespaces for everybody",
};

test("root hands the server to nobody where nobody may go", onlyOpen, async (t) => {
  const folder = await openFolder(t);
  const postgres = await start(folder);
  assert.equal(await userOf(postgres.pid), nobody);
  assert.equal((await stat(join(folder, "postgres"))).uid, nobody);
  await postgres.stop();
});

test("root keeps it, without root's powers, behind a folder that only root may enter", onlyRoot, async (t) => {
  const folder = await emptyDataFolder(t);
  const postgres = await start(folder);
  assert.equal(await userOf(postgres.pid), 0);
  assert.match(await readFile(`/proc/${postgres.pid}/status`, "utf8"), /^CapEff:\t0+$/m);
  assert.deepEqual(await query(postgres, "select 1 as one"), [{ one: 1 }]);
  await postgres.stop();
});

test("the folder changes hands when it becomes reachable, and when it no longer is", onlyOpen, async (t) => {
  const folder = await emptyDataFolder(t);
  const modes = [0o700, 0o755, 0o700] as const;
  for (const [round, mode] of modes.entries()) {
    await chmod(dirname(folder), mode);
    await chmod(folder, mode);
    const postgres = await start(folder);
    assert.equal(await userOf(postgres.pid), mode === 0o755 ? nobody : 0);
    await query(postgres, "create table if not exists kept (round int)");
    await query(postgres, "insert into kept values ($1)", [round]);
    assert.equal((await query(postgres, "select from kept")).length, round + 1);
    await postgres.stop();
  }
});

test("root opens the data folder a crack where there are no user namespaces", onlyOpen, async (t) => {
  const folder = await emptyDataFolder(t);
  await chmod(dirname(folder), 0o755);
  const program = await databaseProgram(folder, { path: "/nowhere" });
  assert.equal(await userOf(program.database.pid), nobody);
  assert.equal((await stat(folder)).mode & 0o777, 0o711);
  assert.equal((await stat(join(folder, "secrets"))).mode & 0o777, 0o700);
  await program.stop();
});

test("root is told what to do where nothing works", onlyRoot, async (t) => {
  const folder = await emptyDataFolder(t);
  await assert.rejects(databaseProgram(folder, { path: "/nowhere" }), /folder-unusable/);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
});

test("an ordinary user runs it as itself", onlyOpen, async (t) => {
  const folder = await openFolder(t, daemon);
  const program = await databaseProgram(folder, { uid: daemon });
  assert.equal(await userOf(program.database.pid), daemon);
  await program.kill();
  const next = await databaseProgram(folder, { uid: daemon });
  assert.equal(next.database.adopted, true);
  await next.stop();
});

test("a user without a name can run it too", onlyNamespace, async (t) => {
  const folder = await openFolder(t, nameless);
  const program = await databaseProgram(folder, { uid: nameless });
  assert.equal(await userOf(program.database.pid), nameless);
  await program.stop();
});

test("an ordinary user is refused on another's folder", onlyOpen, async (t) => {
  const folder = await openFolder(t);
  await (await start(folder)).stop();
  await assert.rejects(databaseProgram(folder, { uid: daemon }), /folder-unusable/);
  await chmod(folder, 0o777);
  await assert.rejects(databaseProgram(folder, { uid: daemon }), /folder-unusable/);
});

/** A folder that everybody may pass through. */
async function openFolder(t: TestContext, owner = 0): Promise<string> {
  const folder = await emptyDataFolder(t);
  await chmod(dirname(folder), 0o755);
  await chmod(folder, 0o755);
  await chown(folder, owner, owner);
  return folder;
}

async function userOf(pid: number): Promise<number> {
  return (await stat(`/proc/${pid}`)).uid;
}
