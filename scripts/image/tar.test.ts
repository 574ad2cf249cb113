import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { tar } from "./tar.ts";
import type { Tree, TreeEntry } from "./tree.ts";

const seconds = 1_700_000_000;

function file(text: string, mode = 0o644): TreeEntry {
  return { kind: "file", mode, bytes: Buffer.from(text) };
}

/** Unpacks with the tar of this machine. */
function unpacked(t: { after(work: () => void): void }, archive: Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), "pk-tar-"));
  t.after(() => rmSync(folder, { recursive: true }));
  execFileSync("tar", ["-xpf", "-", "-C", folder], { input: archive });
  return folder;
}

const lengths = [1, 99, 100, 101, 155, 156, 254, 255, 256, 300];

test("another tar unpacks what was packed: names of every length, modes, links, bytes", (t) => {
  const names = lengths.map((length) => `${"deep/".repeat(length > 200 ? 20 : 0)}${"n".repeat(length - (length > 200 ? 100 : 0))}`);
  const entries: [string, TreeEntry][] = names.map((name, index) => [`a/${name}`, file(`content ${index}`.repeat(index * 100))]);
  const target = `${"t".repeat(150)}/end`;
  const tree: Tree = new Map<string, TreeEntry>([
    ...entries,
    ["bin/program", file("#!", 0o755)],
    ["bin/link", { kind: "link", target }],
    ["tmp", { kind: "folder", mode: 0o1777 }],
    ["Straße/ümlaut", file("text")],
  ]);
  const folder = unpacked(t, tar(tree, seconds));
  for (const [path, entry] of tree) if (entry.kind === "file") assert.deepEqual(readFileSync(join(folder, path)), entry.bytes, path);
  assert.equal(readlinkSync(join(folder, "bin/link")), target);
  assert.equal(statSync(join(folder, "bin/program")).mode & 0o7777, 0o755);
  assert.equal(statSync(join(folder, "tmp")).mode & 0o7777, 0o1777);
  assert.equal(statSync(join(folder, "bin/program")).mtimeMs, seconds * 1000);
});

test("the order in which files were found changes nothing", () => {
  const entries: [string, TreeEntry][] = ["b", "a/z", "a-b", "a/b/c"].map((path) => [path, file(path)]);
  assert.deepEqual(tar(new Map(entries), seconds), tar(new Map(entries.toReversed()), seconds));
});

test("refuses a file where another path wants a folder", () => {
  assert.throws(
    () =>
      tar(
        new Map([
          ["a", file("")],
          ["a/b", file("")],
        ]),
        seconds,
      ),
    /a is no folder/,
  );
});
