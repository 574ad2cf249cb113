import assert from "node:assert/strict";
import { test } from "node:test";
import { inTurns } from "./in-turns.ts";

const items = Array.from({ length: 100 }, (_, index) => index);

test("what is made stands in the order of what it is made of", async () => {
  assert.deepEqual(
    await inTurns(items, { make: (item) => [item] }),
    items.map((item) => [item]),
  );
  assert.deepEqual(await inTurns([], { make: () => 1 }), []);
});

test("a large batch lets the loop turn, a small one is made at once", async () => {
  const made: number[] = [];
  const seen: number[] = [];
  const look = (): void => {
    seen.push(made.length);
    if (made.length < items.length) setImmediate(look);
  };
  setImmediate(look);
  await inTurns(items, { make: (item) => made.push(item) });
  assert.ok(seen.length > 2, `seen at ${seen.join()}`);
  assert.ok(seen.every((count) => count === items.length || count % 32 === 0));

  let turned = false;
  setImmediate(() => (turned = true));
  await inTurns(items.slice(0, 32), { make: (item) => item });
  assert.equal(turned, false);
});

test("nothing is worked on after a failure", async () => {
  let worked = 0;
  const make = (item: number): void => {
    worked++;
    if (item === 40) throw new RangeError("too many");
  };
  const failing = inTurns(items, { make });
  await assert.rejects(failing, RangeError);
  assert.equal(worked, 41);
});
