import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { subkey } from "../domain/keyed-hash.ts";
import { beaconBits, beaconsOf, searchForm } from "./beacon.ts";

const keys = { derive: async (label: string) => subkey(Buffer.alloc(32, 7), label) };
const shape = { bits: 10, partitions: 4 };
const recordId = fc.uint8Array({ minLength: 19, maxLength: 19 });

test("a search names the bucket of every record that has the value, however it is written", async () => {
  const beacons = await beaconsOf(keys, "t1", "postalCode", shape);
  fc.assert(
    fc.property(recordId, fc.stringMatching(/^\d{4}[A-Z]{2}$/), (record, code) => {
      const own = beacons.of(`${code.slice(0, 4)} ${code.slice(4).toLowerCase()}`, record);
      assert.ok(beacons.search(code).some(({ partition, beacon }) => partition === own.partition && beacon === own.beacon));
      assert.deepEqual(beacons.of(code, record), own);
    }),
  );
});

test("another tenant or category has other beacons and partitions", async () => {
  const [one, otherTenant, otherCategory] = await Promise.all([
    beaconsOf(keys, "t1", "name", { bits: 24, partitions: 1 }),
    beaconsOf(keys, "t2", "name", { bits: 24, partitions: 1 }),
    beaconsOf(keys, "t1", "city", { bits: 24, partitions: 1 }),
  ]);
  const found = [one, otherTenant, otherCategory].map((beacons) => beacons.search("Ida Musterweg")[0]!.beacon);
  assert.equal(new Set(found).size, 3);
});

test("case, accents, signs and blanks do not matter", () => {
  for (const text of ["Élodie  Müller-Groß", "elodie muller gross", "ELODIE MULLER, GROSS"])
    assert.equal(searchForm("name", text), "elodie muller gross");
  assert.equal(searchForm("postalCode", "L-1234"), "l1234");
});

test("bits are refused outside their bounds", async () => {
  await assert.rejects(beaconsOf(keys, "t", "name", { bits: 0, partitions: 1 }), RangeError);
  await assert.rejects(beaconsOf(keys, "t", "name", { bits: 25, partitions: 1 }), RangeError);
  await assert.rejects(beaconsOf(keys, "t", "name", { bits: 8, partitions: 0 }), RangeError);
  await assert.rejects(beaconsOf(keys, "t", "name", { bits: 8, partitions: 256 }), RangeError);
});

test("the bits that are proposed keep both bounds", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 8, max: 1e6 }),
      fc.integer({ min: 1_000, max: 1e9 }),
      fc.integer({ min: 1, max: 16 }),
      (values, subjects, partitions) => {
        const beacons = 2 ** beaconBits(values, subjects, partitions);
        assert.ok(beacons === 2 || (beacons <= values / 4 && subjects / (beacons * partitions) >= 100));
      },
    ),
  );
  // Postcodes of Germany (8,200 in use), a million subjects: 2,048 would be too few subjects a bucket in four partitions, 1,024 in eight.
  assert.deepEqual([beaconBits(8_200, 1_000_000, 4), beaconBits(8_200, 1_000_000, 8), beaconBits(8_200, 5_000, 4)], [11, 10, 3]);
});

/** 40,000 records over 2,000 postcodes of which the first is most frequent, as towns are: Zipf. */
const records = 40_000;
const postcodes = 2_000;
const weights = Array.from({ length: postcodes }, (_, rank) => 1 / (rank + 1));
const total = weights.reduce((sum, weight) => sum + weight, 0);

async function filled(bits: number, partitions: number) {
  const beacons = await beaconsOf(keys, "t1", "postalCode", { bits, partitions });
  const buckets = new Map<string, Map<number, number>>();
  const id = Buffer.alloc(19);
  let record = 0;
  for (const [code, weight] of weights.entries()) {
    for (let nth = 0; nth < Math.round((records * weight) / total); nth++) {
      id.writeUInt32BE(record++);
      const { partition, beacon } = beacons.of(String(10_000 + code), id);
      const bucket = buckets.get(`${partition}/${beacon}`) ?? new Map<number, number>();
      buckets.set(`${partition}/${beacon}`, bucket);
      bucket.set(code, (bucket.get(code) ?? 0) + 1);
    }
  }
  return { buckets: [...buckets.values()], record };
}

const size = (bucket: ReadonlyMap<number, number>): number => [...bucket.values()].reduce((sum, count) => sum + count, 0);

test("with the proposed bits a bucket holds many subjects and several values", async () => {
  const bits = beaconBits(postcodes, records, 4);
  const { buckets, record } = await filled(bits, 4);
  assert.equal(buckets.length, 4 * 2 ** bits, "every bucket is used");
  assert.ok(record / buckets.length >= 100);
  // The smallest is no stray: no bucket singles a person out.
  assert.ok(Math.min(...buckets.map(size)) >= 20, `smallest ${Math.min(...buckets.map(size))}`);
  assert.ok(Math.min(...buckets.map((bucket) => bucket.size)) >= 4);
});

test("equal values fall into all partitions, evenly, so that the most frequent one shows only by that part of its frequency", async () => {
  const whole = await filled(6, 1);
  const parted = await filled(6, 8);
  const ofFirst = parted.buckets.map((bucket) => bucket.get(0) ?? 0).filter((count) => count > 0);
  assert.equal(ofFirst.length, 8);
  const expected = ofFirst.reduce((sum, count) => sum + count, 0) / 8;
  // Binomial: six standard deviations.
  for (const count of ofFirst) assert.ok(Math.abs(count - expected) < 6 * Math.sqrt(expected));
  const largest = (buckets: readonly ReadonlyMap<number, number>[]): number => Math.max(...buckets.map(size));
  assert.ok(largest(parted.buckets) < largest(whole.buckets) / 5);
});

test("values spread over beacons as at random", async () => {
  const beacons = await beaconsOf(keys, "t1", "postalCode", { bits: 6, partitions: 1 });
  const counts = Array.from({ length: 64 }, () => 0);
  for (let code = 0; code < 64_000; code++) counts[beacons.search(String(code))[0]!.beacon]!++;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
  // 63 degrees of freedom: 120 is passed once in 10^5 by chance; the keys are fixed, so it is always the same.
  assert.ok(chiSquare < 120, `chi-square ${chiSquare}`);
});
