import { type IndexVersion, indexStep } from "./blind-index.ts";
import type { SealingKeys } from "./keys/provider.ts";

/*
 * Moving the entries of a blind index to a new key, without the values (EDPB guidelines 01/2025, paragraph 91):
 *
 *   announced   the tenant has a version n; whoever enters a value looks for it under n and n - 1, and enters it under n
 *   moving      entries of n - 1 become HMAC(key n, entry), in the order of the index; an entry is of one version or the other, in one row
 *   moved       none of n - 1 is left, and nobody looks under it any more
 *
 * The place in the index is kept with each batch. An entry that was moved lands anywhere, before the place or after it, and is passed over there.
 */
export interface IndexTable {
  targets(): Promise<readonly (Pick<IndexVersion, "version" | "rootEpoch"> & { readonly tenant: string })[]>;
  /** The next of these many entries that are to be moved, and where those end; null: that was all. */
  next(after: string | null, limit: number): Promise<{ readonly entries: readonly Entry[]; readonly place: string } | null>;
  /** Durable when it returns, with its place. @returns how many were still there to be moved. */
  move(moved: readonly (Entry & { readonly moved: Uint8Array })[], place: string): Promise<number>;
}

interface Entry {
  /** 16 bytes. */
  readonly blind: Uint8Array;
  readonly tenant: string;
  /** That it is to have. */
  readonly version: number;
}

/** Rows that the statement looks at, so its length has a bound whatever the share of the tenant. */
const batchEntries = 1_000;

/**
 * @param place to begin after; null for the beginning.
 * @param pace waits as long as these entries may take.
 * @param report told after each batch, with the share of the index that lies behind.
 * @returns entries that were moved.
 * @throws {KeyError} as the provider does.
 */
export async function moveIndex(
  table: IndexTable,
  keys: Pick<SealingKeys, "derive">,
  place: string | null,
  pace: (entries: number) => Promise<void>,
  report: (entries: number, share: number) => void,
): Promise<number> {
  const steps = new Map<string, (blind: Uint8Array) => string>();
  for (const target of await table.targets()) steps.set(target.tenant, await indexStep(keys, target.tenant, target));
  let moved = 0;
  for (let after = place; ;) {
    const batch = await table.next(after, batchEntries);
    if (batch === null) return moved;
    const entries = batch.entries.map((entry) => ({ ...entry, moved: Buffer.from(steps.get(entry.tenant)!(entry.blind), "latin1") }));
    moved += await table.move(entries, batch.place);
    after = batch.place;
    report(moved, shareBefore(batch.place));
    await pace(entries.length);
  }
}

/** Entries are evenly spread, being hashes: the place itself says how far it is. @param place a UUID's text. */
export function shareBefore(place: string): number {
  return Number.parseInt(place.slice(0, 8), 16) / 2 ** 32;
}
