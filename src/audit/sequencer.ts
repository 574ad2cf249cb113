import { type AuditDraft, entryOf, type EntryType } from "./entry.ts";
import { GrowingTree, type Hash, leafHash } from "./merkle.ts";

/** What waits, and the log that it goes into, held by a transaction of the store until the entries are placed. */
export interface Waiting {
  readonly size: number;
  readonly hashes: readonly Hash[];
  readonly drafts: readonly AuditDraft[];
}

export interface PlacedEntry {
  readonly draft: AuditDraft;
  /** Differs from the draft's where that did not keep to the rules. */
  readonly type: EntryType;
  readonly bytes: Buffer;
}

export interface Placed {
  readonly size: number;
  readonly hashes: readonly Hash[];
  readonly entries: readonly PlacedEntry[];
}

/** Gives what waits its places at the end of the log, in the order in which it was written down. */
export function place({ size, hashes, drafts }: Waiting): Placed {
  const tree = new GrowingTree(size, hashes);
  const entries = drafts.map((draft): PlacedEntry => {
    const { type, bytes } = entryOf(draft);
    tree.append(leafHash(bytes));
    return { draft, type, bytes };
  });
  return { size: tree.size, hashes: tree.hashes, entries };
}
