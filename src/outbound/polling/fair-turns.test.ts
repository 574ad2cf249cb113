import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FairTurns, type ReadyAccount } from "./fair-turns.ts";

const account = (tenant: string, source = "gls"): ReadyAccount => ({ tenant, source, account: `${tenant}/${source}` });
const slots = { total: 8, perSource: 4, perAccount: 2 };

test("a small tenant and a large one get a call each in turn, however much the large one has", () => {
  const turns = new FairTurns({ total: 1, perSource: 1, perAccount: 1 });
  const large = Array.from({ length: 50 }, (_, at) => account("large", `carrier-${at}`));
  const picked: string[] = [];
  for (let round = 0; round < 100; round++) {
    const [next] = turns.pick([...large, account("small")]);
    picked.push(next!.tenant);
    turns.finish(next!, 1);
  }
  assert.equal(picked.filter((tenant) => tenant === "small").length, 50);
});

test("large calls count for more than small ones", () => {
  const turns = new FairTurns({ total: 1, perSource: 1, perAccount: 1 });
  const numbers = { batches: 0, singles: 0 };
  for (let round = 0; round < 1_000; round++) {
    const [next] = turns.pick([account("batches"), account("singles")]);
    const asked = next!.tenant === "batches" ? 200 : 1;
    numbers[next!.tenant as "batches"] += asked;
    turns.finish(next!, asked);
  }
  assert.ok(numbers.singles > 700, JSON.stringify(numbers));
});

test("a carrier that hangs takes its own slots and leaves the others", () => {
  const turns = new FairTurns(slots);
  const hanging = Array.from({ length: 10 }, (_, at) => account(`t${at}`, "hangs"));
  assert.equal(turns.pick(hanging).length, slots.perSource);
  const others = turns.pick([...hanging, account("t1", "gls"), account("t2", "gls")]);
  assert.deepEqual(
    others.map(({ source }) => source),
    ["gls", "gls"],
  );
});

test("who was idle has saved up nothing", () => {
  const turns = new FairTurns({ total: 1, perSource: 1, perAccount: 1 });
  for (let round = 0; round < 1_000; round++) turns.finish(turns.pick([account("busy")])[0]!, 10);
  const next: string[] = [];
  for (let round = 0; round < 10; round++) {
    const [picked] = turns.pick([account("busy"), account("late")]);
    next.push(picked!.tenant);
    turns.finish(picked!, 10);
  }
  assert.ok(next.filter((tenant) => tenant === "busy").length >= 4, next.join());
});

test("nobody who could be asked is passed over for long, whoever else comes and goes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 10 }), { minLength: 60, maxLength: 120 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }),
      (rounds, sizes) => {
        const turns = new FairTurns({ total: 1, perSource: 1, perAccount: 1 });
        let passedOver = 0;
        let served = 0;
        for (const [round, others] of rounds.entries()) {
          const ready = [account("patient"), ...[...new Set(others)].map((each) => account(`t${each}`))];
          const [next] = turns.pick(ready);
          const numbers = sizes[round % sizes.length]!;
          if (next!.tenant === "patient") served++;
          passedOver = next!.tenant === "patient" ? 0 : passedOver + 1;
          // Nine others, each at most so far behind as its newcomers' start and one large call allow.
          assert.ok(passedOver <= 9 * 12, `passed over ${passedOver} times`);
          turns.finish(next!, next!.tenant === "patient" ? 1 : numbers);
        }
        assert.ok(served > 0);
      },
    ),
  );
});

test("slots are never exceeded and always come back", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 3 }), fc.boolean()), { maxLength: 300 }),
      (steps) => {
        const turns = new FairTurns(slots);
        const under: ReadyAccount[] = [];
        for (const [tenant, source, ends] of steps) {
          if (ends && under.length > 0) turns.finish(under.shift()!, 1);
          else under.push(...turns.pick([account(`t${tenant}`, `s${source}`)]));
          assert.equal(turns.underWay, under.length);
          assert.ok(under.length <= slots.total);
          for (const group of Map.groupBy(under, (each) => each.source).values()) assert.ok(group.length <= slots.perSource);
          for (const group of Map.groupBy(under, (each) => each.account).values()) assert.ok(group.length <= slots.perAccount);
        }
        while (under.length > 0) turns.finish(under.pop()!, 1);
        assert.equal(turns.pick([account("x", "y")]).length, 1);
      },
    ),
  );
});
