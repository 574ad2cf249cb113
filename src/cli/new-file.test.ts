import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeNewFile } from "./new-file.ts";

const root = await mkdtemp(join(tmpdir(), "pk-new-file-"));
after(() => rm(root, { recursive: true }));
const folder = (): Promise<string> => mkdtemp(join(root, "of-"));

test("writes a whole file that only its owner can read, and nothing beside it", async () => {
  const into = await folder();
  await writeNewFile(join(into, "out.json"), async () => "what was collected");
  assert.deepEqual(await readdir(into), ["out.json"]);
  assert.equal(await readFile(join(into, "out.json"), "utf8"), "what was collected");
  assert.equal((await stat(join(into, "out.json"))).mode & 0o777, 0o600);
});

test("is not there until it is whole", async () => {
  const into = await folder();
  await writeNewFile(join(into, "out.json"), async () => {
    assert.deepEqual((await readdir(into)).includes("out.json"), false);
    return "x";
  });
});

test("leaves nothing behind where nothing was to be had", async () => {
  const into = await folder();
  await assert.rejects(
    writeNewFile(join(into, "out.json"), () => Promise.reject(new Error("refused"))),
    /refused/,
  );
  assert.deepEqual(await readdir(into), []);
});

test("asks for nothing where it could not be written, or something is there", async () => {
  const into = await folder();
  let asked = 0;
  const make = async (): Promise<string> => `asked ${++asked}`;
  await writeFile(join(into, "out.json"), "older");
  await assert.rejects(writeNewFile(join(into, "out.json"), make), /such a file already/);
  await assert.rejects(writeNewFile(join(into, "nowhere", "out.json"), make), { code: "ENOENT" });
  assert.equal(asked, 0);
  assert.equal(await readFile(join(into, "out.json"), "utf8"), "older");
});

test("puts nothing over a file that came meanwhile, and loses nothing", async () => {
  const into = await folder();
  const written = writeNewFile(join(into, "out.json"), async () => {
    await writeFile(join(into, "out.json"), "somebody's");
    return "collected";
  });
  await assert.rejects(written, /made meanwhile/);
  assert.equal(await readFile(join(into, "out.json"), "utf8"), "somebody's");
  const beside = (await readdir(into)).find((name) => name.endsWith(".part"));
  assert.equal(await readFile(join(into, beside!), "utf8"), "collected");
});
