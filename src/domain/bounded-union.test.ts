import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { boundedUnion, compareText } from "./bounded-union.ts";

interface Element {
  readonly key: string;
  readonly weight: number;
}

const element = fc.record(
  { key: fc.constantFrom(..."abcdefgh".split("")), weight: fc.integer({ min: 0, max: 5 }) },
  { noNullPrototype: true },
);
const heavierFirst = (left: Element, right: Element): number => right.weight - left.weight || compareText(left.key, right.key);
const union = (held: readonly Element[], incoming: readonly Element[], max: number): readonly Element[] =>
  boundedUnion(held, incoming, (each) => each.key, heavierFirst, max);

test("gives the same result for any order, grouping and repetition, also over the bound", () => {
  fc.assert(
    fc.property(
      fc.array(element, { maxLength: 20 }),
      fc.integer({ min: 0, max: 6 }),
      fc.infiniteStream(fc.nat()),
      (elements, max, choices) => {
        const atOnce = union([], elements, max);
        const choose = (below: number): number => (choices.next().value as number) % below;
        const arrivals = [...elements, ...elements].sort(() => choose(3) - 1);
        let stepwise: readonly Element[] = [];
        while (arrivals.length > 0) stepwise = union(stepwise, arrivals.splice(0, 1 + choose(4)), max);
        assert.deepEqual(stepwise, atOnce);
      },
    ),
  );
});

test("keeps the best element of a key and the best keys", () => {
  const kept = union(
    [],
    [
      { key: "a", weight: 1 },
      { key: "b", weight: 2 },
      { key: "a", weight: 3 },
      { key: "c", weight: 0 },
    ],
    2,
  );
  assert.deepEqual(kept, [
    { key: "a", weight: 3 },
    { key: "b", weight: 2 },
  ]);
});

test("returns what was held when nothing new arrives", () => {
  const held = union(
    [],
    [
      { key: "a", weight: 3 },
      { key: "b", weight: 2 },
    ],
    2,
  );
  assert.equal(union(held, [{ key: "a", weight: 3 }], 2), held);
  assert.equal(union(held, [{ key: "c", weight: 0 }], 2), held, "an element beyond the bound changes nothing");
});
