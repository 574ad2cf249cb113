import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { problems } from "./problems.ts";

const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
const listed = [...page.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, code, status]) => `${code} ${status}`);

test("the error page lists every code with its status, and no other", () => {
  const known = Object.entries(problems).map(([code, { status }]) => `${code} ${status}`);
  assert.deepEqual(listed.toSorted(), known.toSorted());
});
