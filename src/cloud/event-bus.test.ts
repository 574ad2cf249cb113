import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eventBusErrorCodes } from "./event-bus.ts";

test("the error page lists every code of the event bus, and no other", () => {
  const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const section = /^## The event bus\n([^]*?)(?=^## |$(?![^]))/m.exec(page)?.[1] ?? "";
  const listed = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code!);
  assert.deepEqual(listed.toSorted(), eventBusErrorCodes.toSorted());
});
