import type { Category } from "../domain/category.ts";
import { KeyedHash } from "../domain/keyed-hash.ts";
import type { SealingKeys } from "./keys/provider.ts";

/*
 * A beacon finds records by a postcode or a name without saying which records have the same one.
 *
 * It is an HMAC under a key of the tenant and category, cut to so few bits that many values share each: a search finds all records with the value
 * and others beside, which are told apart where they are opened. A value that occurs often would still show as a bucket that fills fast, so each
 * record belongs to one of several partitions, and the partition is part of what is hashed: a frequent value has one bucket in each. A search
 * asks for all of them.
 *
 * Source: AWS Database Encryption SDK, `specification/structured-encryption/beacons.md` ("Beacon Length": for X distinct values, sqrt(X) < 2^bits
 * < X/2) and its developer guide, "Choosing a beacon length and partitions" (docs.aws.amazon.com, read 2026-11-25).
 */

/** Categories that may have beacons; the deterministic ones have their blind index, texts and links are never looked for. */
export const beaconCategories = ["postalCode", "city", "name", "organisation", "street"] as const satisfies readonly Category[];
export type BeaconCategory = (typeof beaconCategories)[number];

/** A change of either needs all beacons of the category made anew. */
export interface BeaconShape {
  /** 1 to 24. */
  readonly bits: number;
  /** 1 to 255, as there. Each costs a search one more look-up. */
  readonly partitions: number;
}

export interface Beacon {
  readonly partition: number;
  /** Below 2^bits. */
  readonly beacon: number;
}

export interface Beacons {
  /** @param record id of the record, or of a group of its values: any bytes that are its own. The same record is always in the same partition. */
  of(value: string, record: Uint8Array): Beacon;
  /** What to look for: the value's beacon in every partition. */
  search(value: string): readonly Beacon[];
}

/** @throws {RangeError} when the shape is outside its bounds; {@link KeyError} as the provider does. */
export async function beaconsOf(
  keys: Pick<SealingKeys, "derive">,
  tenant: string,
  category: BeaconCategory,
  { bits, partitions }: BeaconShape,
): Promise<Beacons> {
  if (!Number.isInteger(bits) || bits < 1 || bits > 24) throw new RangeError(`a beacon has 1 to 24 bits, got ${bits}`);
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 255) throw new RangeError(`1 to 255 partitions, got ${partitions}`);
  const values = new KeyedHash(await keys.derive(`beacon|${tenant}|${category}|v1`));
  const records = new KeyedHash(await keys.derive(`beacon-partition|${tenant}|${category}|v1`));
  const beacon = (form: string, partition: number): number => upperBits(values.ofText(`${partition}|${form}`), bits);
  return {
    of: (value, record) => {
      const partition = upperBits(records.ofBytes(record), 32) % partitions;
      return { partition, beacon: beacon(searchForm(category, value), partition) };
    },
    search: (value) => {
      const form = searchForm(category, value);
      return Array.from({ length: partitions }, (_, partition) => ({ partition, beacon: beacon(form, partition) }));
    },
  };
}

/** A bucket (one beacon of one partition) holds at least so many subjects on average, and so many different values share a beacon. */
const subjectsPerBucketMin = 100;
const valuesPerBeaconMin = 4;

/**
 * The most bits that keep beacons from telling who shares a value: 2^bits ≤ distinct values / 4, twice as strict as the source's upper bound, and
 * 2^bits ≤ subjects / (100 × partitions). The source's lower bound, sqrt(distinct values), is one of speed and gives way.
 */
export function beaconBits(distinctValues: number, subjects: number, partitions: number): number {
  const beaconsMax = Math.min(distinctValues / valuesPerBeaconMin, subjects / (subjectsPerBucketMin * partitions));
  return Math.max(1, Math.min(24, Math.floor(Math.log2(Math.max(2, beaconsMax)))));
}

/** What people write differently for the same thing: case, accents, blanks and signs. */
export function searchForm(category: BeaconCategory, value: string): string {
  const plain = value.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return category === "postalCode"
    ? plain.replace(/[^\p{L}\p{N}]/gu, "")
    : plain
        .replace(/[^\p{L}\p{N}]+/gu, " ")
        .replace(/ß/g, "ss")
        .trim();
}

/** @param digest latin-1. */
function upperBits(digest: string, bits: number): number {
  const head = digest.charCodeAt(0) * 0x1000000 + ((digest.charCodeAt(1) << 16) | (digest.charCodeAt(2) << 8) | digest.charCodeAt(3));
  return Math.floor(head / 2 ** (32 - bits));
}
