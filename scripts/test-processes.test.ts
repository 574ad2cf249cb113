import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { testProcesses, writeTestEntries } from "./test-processes.ts";

const plain = 'import { test } from "node:test";\ntest("one", () => {});\n';

for (const [what, text] of [
  ["has hooks", 'import { after, test } from "node:test";\n'],
  ["has hooks for each test", 'import { beforeEach, test } from "node:test";\n'],
  ["uses a database", 'import { testDatabase } from "../../test/support/database.ts";\n'],
  ["starts a program", 'import { spawn } from "node:child_process";\n'],
  ["looks at what is loaded", 'import { registerHooks } from "node:module";\n'],
  ["changes the environment", 'process.env["PARCELKEEP_DATA"] = folder;\n'],
] as const) {
  test(`a file that ${what} has a process of its own`, () => {
    const texts: Record<string, string> = { "src/a/one.test.ts": plain, "src/a/two.test.ts": plain + text, "src/a/b/three.test.ts": plain };
    assert.deepEqual(
      testProcesses(Object.keys(texts), (file) => texts[file]!),
      [["src/a/one.test.ts", "src/a/b/three.test.ts"], ["src/a/two.test.ts"]],
    );
  });
}

test("files of two folders, and of whole journeys, share no process", () => {
  const files = ["src/a/one.test.ts", "src/b/one.test.ts", "test/journeys/one.test.ts", "test/journeys/two.test.ts"];
  assert.deepEqual(
    testProcesses(files, () => plain),
    files.map((file) => [file]),
  );
});

test("a failure in a shared process is told with the file and line of its test, and the other files' tests run", async (t) => {
  const root = await mkdtemp(join(tmpdir(), "parcelkeep-test-processes-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  await writeFile(join(root, "good.test.ts"), plain);
  await writeFile(join(root, "bad.test.ts"), 'import { test } from "node:test";\n\ntest("bad", () => Promise.reject(new Error("no")));\n');
  const entries = await writeTestEntries(root, [["bad.test.ts", "good.test.ts"]]);
  t.after(() => entries.remove());
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const { stdout, status } = spawnSync(process.execPath, ["--test", "--test-reporter=spec", ...entries.paths], {
    cwd: root,
    env,
    encoding: "utf8",
  });
  assert.equal(status, 1);
  assert.match(stdout, /test at bad\.test\.ts:3:1/);
  assert.match(stdout, /ℹ tests 2\nℹ suites 0\nℹ pass 1\nℹ fail 1/);
});
