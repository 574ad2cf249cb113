import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readyPoll } from "../../../test/support/polling.ts";
import type { CallOutcome } from "./carrier-calls.ts";
import { settlementOf, type SettlementFacts } from "./poll-settlement.ts";

const minute = 60_000;
const now = 1_800_000_000_000;
const alone: SettlementFacts = { account: "first", now, random: () => 0, breakerMs: 0, nextFor: () => null };
const withSecond: SettlementFacts = { ...alone, nextFor: (carrier) => (carrier === "gls" ? "second" : null) };

const failed = (code: "unavailable" | "timeout" | "malformed" | "open", retryAfterMs: number | null = null): CallOutcome => ({
  kind: "failed",
  code,
  retryAfterMs,
});

describe("what follows from a call", () => {
  test("an answered parcel is looked at again when the index has taken the answer in, and its failures are forgotten", () => {
    const [here, gone] = [readyPoll({ failures: 2 }), readyPoll()];
    const outcome: CallOutcome = { kind: "answered", answered: [here.shipment], unresolved: [gone.shipment] };
    assert.deepEqual(settlementOf([here, gone], outcome, alone), {
      hold: null,
      settled: [{ shipment: here.shipment, account: "first", nextAt: now + 2 * minute, polledAt: now, failures: 0 }],
      dropped: [gone.shipment],
      letter: null,
    });
  });

  test("a carrier that says when to come again is left alone for so long, and what was asked is due then", () => {
    const { hold, settled } = settlementOf([readyPoll()], { kind: "rate-limited", retryAfterMs: 90_000 }, withSecond);
    assert.deepEqual(hold, { forMs: 90_000, reason: "rate-limited" });
    assert.deepEqual([settled[0]!.nextAt, settled[0]!.account], [now + 90_000, "first"]);
  });

  test("whatever a carrier says, it is not left alone for more than a day because of one answer", () => {
    const century = 100 * 365 * 24 * 60 * minute;
    const { hold, settled } = settlementOf([readyPoll()], { kind: "rate-limited", retryAfterMs: century }, alone);
    assert.deepEqual([hold?.forMs, settled[0]!.nextAt - now], [24 * 60 * minute, 24 * 60 * minute]);
    const failure = settlementOf([readyPoll()], failed("unavailable", century), alone);
    assert.equal(failure.settled[0]!.nextAt - now, 24 * 60 * minute);
  });

  test("one that does not say is left alone for five minutes", () => {
    const { hold } = settlementOf([readyPoll()], { kind: "rate-limited", retryAfterMs: null }, alone);
    assert.equal(hold?.forMs, 5 * minute);
  });

  test("a refused credential holds the account, makes one letter of it, and gives each parcel to the account that comes next for its carrier", () => {
    const { hold, settled, letter } = settlementOf([readyPoll(), readyPoll({ carrier: "ups" })], { kind: "unauthorised" }, withSecond);
    assert.equal(hold?.reason, "credential-refused");
    assert.deepEqual(
      settled.map(({ account, nextAt }) => [account, nextAt]),
      [
        ["second", now],
        ["first", now],
      ],
    );
    assert.deepEqual(letter, { shipments: [], code: "credential-refused" });
  });

  test("a call that the guard refused makes a letter of every parcel in it and holds nothing", () => {
    const polls = [readyPoll(), readyPoll()];
    const { hold, letter } = settlementOf(polls, { kind: "refused", code: "leak" }, withSecond);
    assert.equal(hold, null);
    assert.deepEqual(letter, { shipments: polls.map(({ shipment }) => shipment), code: "refused-by-guard" });
  });

  test("a host that is not what the register says holds the account, and others are asked", () => {
    const { hold, settled, letter } = settlementOf([readyPoll()], { kind: "refused", code: "address-refused" }, withSecond);
    assert.equal(hold?.reason, "address-refused");
    assert.equal(settled[0]!.account, "second");
    assert.equal(letter?.code, "address-refused");
  });

  test("a failure is repeated with growing pauses, no sooner than the carrier asked for", () => {
    const at = (failures: number, retryAfterMs: number | null = null) =>
      settlementOf([readyPoll({ failures })], failed("unavailable", retryAfterMs), alone).settled[0]!;
    assert.equal(at(0).failures, 1);
    assert.ok(at(5).nextAt - now > at(1).nextAt - now);
    assert.equal(at(0, 3 * 60 * minute).nextAt, now + 3 * 60 * minute);
  });

  test("the third failure in a row passes the parcel on at once; the first two stay", () => {
    const after = (failures: number) => settlementOf([readyPoll({ failures })], failed("timeout"), withSecond).settled[0]!;
    assert.deepEqual([after(0).account, after(1).account], ["first", "first"]);
    assert.deepEqual([after(2).account, after(2).nextAt], ["second", now]);
  });

  test("two sources in trouble are not asked in turn without a pause", () => {
    for (let failures = 3; failures < 30; failures++) {
      const { nextAt } = settlementOf([readyPoll({ failures })], failed("unavailable"), withSecond).settled[0]!;
      assert.ok(nextAt >= now + minute / 2, `after ${failures} failures`);
    }
  });

  test("behind an open breaker nothing counts as a failure of the parcel's", () => {
    const { settled } = settlementOf([readyPoll({ failures: 2 })], failed("open"), { ...withSecond, breakerMs: 30_000 });
    assert.deepEqual([settled[0]!.failures, settled[0]!.account, settled[0]!.nextAt], [2, "first", now + 30_000]);
  });

  test("a single number whose answer is unreadable five times in a row becomes a letter; in a batch nobody knows which it was", () => {
    const fourth = { failures: 4 };
    const spoilt = readyPoll(fourth);
    assert.deepEqual(settlementOf([spoilt], failed("malformed"), alone).letter, {
      shipments: [spoilt.shipment],
      code: "answer-unreadable",
    });
    assert.equal(settlementOf([readyPoll(fourth), readyPoll(fourth)], failed("malformed"), alone).letter, null);
    assert.equal(settlementOf([readyPoll({ failures: 3 })], failed("malformed"), alone).letter, null);
    assert.equal(settlementOf([spoilt], failed("timeout"), alone).letter, null);
  });

  test("whatever comes of a call, every parcel in it is settled or dropped, once", () => {
    const outcomes: readonly CallOutcome[] = [
      { kind: "answered", answered: [], unresolved: [] },
      { kind: "no-quota" },
      { kind: "rate-limited", retryAfterMs: null },
      { kind: "unauthorised" },
      failed("unavailable"),
      failed("malformed"),
      failed("open"),
      { kind: "not-taken-in" },
      { kind: "refused", code: "leak" },
      { kind: "refused", code: "tls" },
    ];
    fc.assert(
      fc.property(
        fc.array(fc.nat(40), { minLength: 1, maxLength: 30 }),
        fc.constantFrom(...outcomes),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (failures, outcome, jitter, hasSecond) => {
          const batch = failures.map((each) => readyPoll({ failures: each }));
          const unresolved = outcome.kind === "answered" ? batch.slice(1).map(({ shipment }) => shipment) : [];
          const facts = { ...(hasSecond ? withSecond : alone), random: () => jitter };
          const { settled, dropped } = settlementOf(batch, outcome.kind === "answered" ? { ...outcome, unresolved } : outcome, facts);
          const found = [...settled.map(({ shipment }) => shipment), ...dropped];
          assert.deepEqual(found.toSorted(), batch.map(({ shipment }) => shipment).toSorted());
          assert.ok(settled.every(({ nextAt }) => nextAt >= now && Number.isFinite(nextAt)));
        },
      ),
    );
  });
});
