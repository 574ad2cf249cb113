import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { carrierTime, epochTime, orderingInstant } from "./time.ts";

const instant = Date.UTC(2026, 10, 26, 14, 5, 9);

test("seconds, milliseconds and their digits are the same instant", () => {
  for (const value of [instant, instant / 1000, String(instant), String(instant / 1000), ` ${instant} `])
    assert.equal(epochTime(value)?.instant, instant);
});

test("no time is made out of what is none: a telephone number, a zero, a placeholder, a date of birth", () => {
  for (const value of ["01761234567", "4917612345678", 0, 1, -1, 1e300, "1.5e9", "", null, true]) assert.equal(epochTime(value), null);
  for (const text of ["0001-01-01T00:00:00", "1900-01-01", "1970-01-01T00:00:00Z", "1985-03-04", "9999-12-31", "2026-13-01", "2026-02-29"])
    assert.equal(carrierTime(text, { dateOrder: "day-first" }), null);
  assert.equal(carrierTime("04.03.1985", { dateOrder: "day-first" }), null);
});

test("a time with a T is the one with a blank", () => {
  const part = (max: number, digits: number) => fc.nat(max).map((number) => String(number).padStart(digits, "0"));
  const zone = fc.oneof(
    fc.constantFrom("", "Z", "+01:00", "-0330", "+05", " +02:00", "z", "+1:00", "+aa:00"),
    fc.tuple(part(99, 2), part(99, 2)).map(([hour, minute]) => `-${hour}:${minute}`),
  );
  const parts = fc.tuple(
    fc.constantFrom("1999", "2024", "2026", "2100", "20x6"),
    part(14, 2),
    part(33, 2),
    part(25, 2),
    part(61, 2),
    part(61, 2),
    zone,
  );
  fc.assert(
    fc.property(parts, ([year, month, day, hour, minute, second, offset]) => {
      const [date, clock] = [`${year}-${month}-${day}`, `${hour}:${minute}:${second}${offset}`];
      const [one, other] = [carrierTime(`${date}T${clock}`), carrierTime(`${date} ${clock}`)];
      assert.deepEqual(one && { ...one, text: "" }, other && { ...other, text: "" });
    }),
    { numRuns: 2_000 },
  );
});

test("the payload's offset beats the place, the place beats the habit, and each says how sure it is", () => {
  const hints = { placeZone: "Europe/Lisbon", habitZone: "Europe/Berlin" };
  assert.deepEqual(zoneOf("2026-11-26T14:05:09+02:00", hints), ["+02:00", "stated", instant - 2 * 3_600_000]);
  assert.deepEqual(zoneOf("2026-11-26T14:05:09", hints), ["Europe/Lisbon", "place", null]);
  assert.deepEqual(zoneOf("2026-11-26T14:05:09", { habitZone: "Europe/Berlin" }), ["Europe/Berlin", "habit", null]);
  assert.deepEqual(zoneOf("2026-11-26T14:05:09", {}), [null, "none", null]);
});

test("day and month are told apart by the carrier alone: never guessed from the digits", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 28 }), fc.integer({ min: 1, max: 12 }), (day, month) => {
      const two = (number: number): string => String(number).padStart(2, "0");
      const local = `2026-${two(month)}-${two(day)}T07:08:00`;
      assert.equal(carrierTime(`${two(day)}/${two(month)}/2026 07:08`, { dateOrder: "day-first" })?.local, local);
      assert.equal(carrierTime(`${month}/${day}/2026 7:08 AM`, { dateOrder: "month-first" })?.local, local);
      assert.equal(carrierTime(`${two(day)}/${two(month)}/2026 07:08`), null);
    }),
  );
  assert.equal(carrierTime("13/04/2026", { dateOrder: "month-first" }), null);
});

test("every time that is read back by its wall clock and zone is the same instant", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(2000, 0, 2), max: Date.UTC(2099, 11, 30) }),
      fc.constantFrom("Z", "+01:00", "-0330", "+05"),
      (at, offset) => {
        const time = carrierTime(`${new Date(at).toISOString().slice(0, 19)}${offset}`);
        assert.ok(time !== null && time.instant !== null);
        assert.equal(orderingInstant({ ...time, instant: null }), time.instant);
      },
    ),
  );
});

function zoneOf(text: string, hints: Parameters<typeof carrierTime>[1]) {
  const time = carrierTime(text, hints);
  return [time?.zone, time?.confidence, time?.instant];
}
