import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { localToInstant } from "./time.ts";
import { statedOffsetMs, zoneOffsetMs } from "./zone-offset.ts";

const zone = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
const instant = fc.integer({ min: Date.UTC(1972, 1), max: Date.UTC(2050, 0) });

test("agrees with Intl about every zone at every time", () => {
  fc.assert(
    fc.property(zone, instant, (name, at) => assert.equal(zoneOffsetMs(at, name), statedOffsetMs(at, name))),
    { numRuns: 3000 },
  );
});

test("agrees with Intl around a clock change, to the millisecond", () => {
  const changes = [Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1), Date.UTC(2027, 2, 28, 1)];
  for (const change of changes)
    for (const name of ["Europe/Berlin", "Europe/Lisbon", "Atlantic/Azores"])
      for (const at of [change - 1, change, change + 1, change - 86_400_000, change + 86_400_000])
        assert.equal(zoneOffsetMs(at, name), statedOffsetMs(at, name), `${name} ${at}`);
  // Half an hour of summer time, at half past an hour of UTC.
  for (const at of [Date.UTC(2026, 3, 4, 14, 59, 59, 999), Date.UTC(2026, 3, 4, 15), Date.UTC(2026, 3, 4, 15, 30)])
    assert.equal(zoneOffsetMs(at, "Australia/Lord_Howe"), statedOffsetMs(at, "Australia/Lord_Howe"));
});

test("reads a wall clock before, in and after the hours that a clock change skips and repeats", () => {
  const read = (local: string): string => new Date(localToInstant(local, "Europe/Berlin")!).toISOString();
  assert.equal(read("2026-03-29T01:59:59"), "2026-03-29T00:59:59.000Z");
  assert.equal(read("2026-03-29T03:00:00"), "2026-03-29T01:00:00.000Z");
  assert.equal(read("2026-10-25T01:59:59"), "2026-10-24T23:59:59.000Z");
  assert.equal(read("2026-10-25T03:00:00"), "2026-10-25T02:00:00.000Z");
  assert.equal(localToInstant("2026-10-25T03:00:00", "Europe/Nowhere"), null);
});
