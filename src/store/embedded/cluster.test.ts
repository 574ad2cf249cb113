import assert from "node:assert/strict";
import { once } from "node:events";
import { readdir, watch } from "node:fs/promises";
import { test } from "node:test";
import { emptyDataFolder, query, spawnProgram, start } from "../../../test/support/embedded.ts";

test("a kill while the database is being made leaves nothing that counts", async (t) => {
  const folder = await emptyDataFolder(t);
  const program = spawnProgram(folder);
  for await (const { filename } of watch(folder)) if (filename?.startsWith("postgres.new-")) break;
  program.kill("SIGKILL");
  await once(program, "exit");
  assert.equal((await readdir(folder)).includes("postgres"), false);
  const postgres = await start(folder);
  assert.deepEqual(await query(postgres, "select 1 as one"), [{ one: 1 }]);
  await postgres.stop();
});

test("leaves no password and no staging folder behind", async (t) => {
  const folder = await emptyDataFolder(t);
  await (await start(folder)).stop();
  assert.deepEqual((await readdir(folder)).sort(), ["logs", "postgres", "run", "secrets"]);
  assert.deepEqual(await readdir(`${folder}/secrets`), ["postgres.json"]);
});
