import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { dataFolder, emptyDataFolder, start } from "../../../test/support/embedded.ts";
import { ownerRole, powerRoles } from "../roles.ts";
import { keepPasswords, passwordFileOf, readPasswords } from "./passwords.ts";

test("makes one long password for each role, and keeps them", async (t) => {
  const folder = await emptyDataFolder(t);
  const made = await keepPasswords(folder);
  assert.deepEqual(Object.keys(made).sort(), [ownerRole, ...powerRoles].sort());
  assert.equal(new Set(Object.values(made)).size, powerRoles.length + 1);
  for (const password of Object.values(made)) assert.match(password, /^[A-Za-z0-9_-]{32}$/);
  assert.deepEqual(await keepPasswords(folder), made);
  assert.deepEqual(await readPasswords(folder), made);
});

test("gives a role that is new a password and leaves the others theirs", async (t) => {
  const folder = await emptyDataFolder(t);
  const { parcelkeep_worker: _, ...older } = await keepPasswords(folder);
  await writeFile(passwordFileOf(folder), JSON.stringify(older));
  const made = await keepPasswords(folder);
  assert.equal(made.parcelkeep_owner, older.parcelkeep_owner);
  assert.match(made.parcelkeep_worker, /^.{32}$/);
});

test("knows of none where there is no file", async (t) => {
  assert.equal(await readPasswords(await emptyDataFolder(t)), null);
});

test("refuses a file that others can read", async (t) => {
  const folder = await emptyDataFolder(t);
  await keepPasswords(folder);
  await chmod(passwordFileOf(folder), 0o640);
  await assert.rejects(keepPasswords(folder), { code: "passwords-unusable", message: /0600/ });
});

for (const [what, text] of Object.entries({
  "cut off": '{"parcelkeep_owner": "secr',
  "not an object": '"secret"',
  "of another form": '{"parcelkeep_owner": {"secret": 1}}',
})) {
  test(`refuses a file that is ${what}, and does not quote it`, async (t) => {
    const folder = await emptyDataFolder(t);
    await mkdir(dirname(passwordFileOf(folder)), { mode: 0o700 });
    await writeFile(passwordFileOf(folder), text, { mode: 0o600 });
    await assert.rejects(
      keepPasswords(folder),
      (error: Error & { code: string }) => error.code === "passwords-unusable" && !/secr/.test(error.message.replaceAll("secrets", "")),
    );
  });
}

test("two programs at once end with the same passwords", async (t) => {
  const folder = await emptyDataFolder(t);
  const [one, other] = await Promise.all([keepPasswords(folder), keepPasswords(folder)]);
  assert.deepEqual(one, other);
  assert.deepEqual(await readdir(dirname(passwordFileOf(folder))), ["postgres.json"]);
});

test("a database without its passwords, or with others, is refused and not made anew", async (t) => {
  const folder = await dataFolder(t);
  await (await start(folder)).stop();
  const text = await readFile(passwordFileOf(folder), "utf8");
  await rm(passwordFileOf(folder));
  await assert.rejects(start(folder), { code: "passwords-unusable" });
  await writeFile(passwordFileOf(folder), text.replace(/("parcelkeep_owner":")./, "$1*"), { mode: 0o600 });
  await assert.rejects(start(folder), { code: "passwords-unusable" });
  await writeFile(passwordFileOf(folder), text, { mode: 0o600 });
  await (await start(folder)).stop();
  assert.equal((await readdir(join(folder, "postgres"))).includes("postmaster.pid"), false);
});
