import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { queueErrorCodes } from "./job-queue.ts";

test("the error page lists every code of the queue, and no other", () => {
  const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const section = /^## The queue\n([^]*?)(?=^## |$(?![^]))/m.exec(page)?.[1] ?? "";
  const listed = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code!);
  assert.deepEqual(listed.toSorted(), queueErrorCodes.toSorted());
});
