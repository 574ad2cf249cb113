import assert from "node:assert/strict";
import { readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { emptyDataFolder } from "../../../test/support/embedded.ts";
import { openServerLog } from "./server-log.ts";

test("gives the end of what was written since it was opened", async (t) => {
  const folder = await emptyDataFolder(t);
  const first = await openServerLog(folder);
  await first.handle.appendFile("of an earlier server\n");
  await first.handle.close();
  const second = await openServerLog(folder);
  assert.equal(await second.tail(), "");
  await second.handle.appendFile("of this one\n");
  assert.equal(await second.tail(), "of this one\n");
  await second.handle.appendFile("x".repeat(5_000));
  assert.equal(await second.tail(), "x".repeat(2_000));
  await second.handle.close();
});

test("puts a long log aside, and only one", async (t) => {
  const folder = await emptyDataFolder(t);
  for (let round = 0; round < 3; round++) {
    const log = await openServerLog(folder);
    await log.handle.close();
    await truncate(join(folder, "logs", "postgres.log"), 10 * 1024 * 1024 + 1);
  }
  assert.deepEqual((await readdir(join(folder, "logs"))).sort(), ["postgres.log", "postgres.log.1"]);
  const log = await openServerLog(folder);
  assert.equal((await log.handle.stat()).size, 0);
  assert.equal((await stat(join(folder, "logs", "postgres.log"))).mode & 0o777, 0o600);
  await log.handle.close();
});
