import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { keyErrorCodes } from "./provider.ts";

test("the pages of keys say what to do at each error code, and name no other", () => {
  const listed = ["keys.md", "keys-aws.md"].flatMap((page) => {
    const path = new URL(`../../../docs/operations/${page}`, import.meta.url);
    return Array.from(readOrEmpty(path).matchAll(/^\| `([a-z]+(?:-[a-z]+)+|unavailable)` \|/gm), ([, code]) => code!);
  });
  assert.deepEqual([...new Set(listed)].filter((code) => code !== "aws-kms").toSorted(), keyErrorCodes.toSorted());
});

function readOrEmpty(path: URL): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
