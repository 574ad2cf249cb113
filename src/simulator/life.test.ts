import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { happenedBy, lifeMaxMs, parcelOf, stages, statusAfter, type Birth, type Stage } from "./life.ts";

const every: ReadonlySet<Stage> = new Set(stages);
const births = fc.record({
  source: fc.constantFrom("gls", "ups"),
  number: fc.stringMatching(/^[0-9]{8,12}$/),
  seed: fc.string({ maxLength: 8 }),
  country: fc.constantFrom("DE", "NL", "ZZ"),
  stages: fc.constant(every),
  announcedAt: fc.integer({ min: 0, max: 2e12 }),
});

describe("a simulated parcel", () => {
  test("lives the same life for the same seed", () => {
    fc.assert(fc.property(births, (birth) => assert.deepEqual(parcelOf(birth), parcelOf(birth))));
  });

  test("lives other lives for other seeds", () => {
    const lives = Array.from({ length: 20 }, (_, at) => parcelOf({ ...birth, seed: String(at) }));
    assert.ok(new Set(lives.map((life) => JSON.stringify(life.steps))).size > 15);
  });

  test("begins announced, moves on in time, and ends where parcels end", () => {
    fc.assert(
      fc.property(births, (birth) => {
        const { steps } = parcelOf(birth);
        assert.equal(steps[0]!.stage, "announced");
        for (const [at, step] of steps.entries()) if (at > 0) assert.ok(step.afterMs > steps[at - 1]!.afterMs);
        assert.ok(["delivered", "returned"].includes(statusAfter[steps.at(-1)!.stage]));
        assert.ok(steps.at(-1)!.afterMs <= lifeMaxMs);
      }),
    );
  });

  test("takes no stage that its carrier cannot say", () => {
    const few: ReadonlySet<Stage> = new Set(["accepted", "sorted", "out_for_delivery", "delivered"]);
    fc.assert(fc.property(births, (birth) => assert.ok(parcelOf({ ...birth, stages: few }).steps.every(({ stage }) => few.has(stage)))));
  });

  test("has lived more the later one looks, and keeps what it has lived", () => {
    fc.assert(
      fc.property(births, fc.nat(lifeMaxMs), fc.nat(lifeMaxMs), (birth, one, other) => {
        const parcel = parcelOf(birth);
        const [sooner, later] = [one, other].toSorted((a, b) => a - b).map((ms) => happenedBy(parcel, birth.announcedAt + ms));
        assert.deepEqual(later!.slice(0, sooner!.length), sooner);
      }),
    );
  });

  test("meets every end over many lives", () => {
    const ends = new Set(Array.from({ length: 300 }, (_, at) => parcelOf({ ...birth, number: String(at) }).steps.at(-1)!.stage));
    assert.deepEqual([...ends].toSorted(), ["collected", "delivered", "returned"]);
  });
});

const birth: Birth = { source: "gls", number: "51000000010", seed: "x", country: "DE", stages: every, announcedAt: 0 };
