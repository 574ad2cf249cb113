import type { CarrierTime } from "./time.ts";

/**
 * Shipments and messages are stored and queued as JSON that says everything once, since their length is what they cost the database: half to a third of the
 * plain object's. Words (statuses, codes, sources, countries, zones, categories, roles, persons) and instants stand in lists of their own and are named
 * by their place. Records are runs of cells in one flat list, so many a record, which is read and written a third faster than lists in lists.
 */
export type Cell = string | number;

/** Values by the order in which they are first asked for. */
export class Places<Value> {
  readonly values: Value[] = [];
  readonly #places = new Map<Value, number>();

  of(value: Value): number {
    let place = this.#places.get(value);
    if (place === undefined) {
      place = this.values.push(value) - 1;
      this.#places.set(value, place);
    }
    return place;
  }
}

export type Words = Places<string | null>;
export type Instants = Places<number | null>;

export const timeCells = 5;

export function pushTime(cells: Cell[], time: CarrierTime | null, words: Words, instants: Instants): void {
  if (time === null) {
    cells.push(0, 0, 0, 0, 0);
    return;
  }
  const { text, local, zone, confidence, instant } = time;
  // Most carriers write the clock first and the zone behind it: then its length says it.
  cells.push(text, text.startsWith(local) ? local.length : local, words.of(zone), words.of(confidence), instants.of(instant));
}

/** What a packed text holds: cells, words and instants. The reader trusts the writer about which word stands where. */
export class Unpacking {
  readonly #words: readonly unknown[];
  readonly #instants: readonly (number | null)[];

  constructor({ words, instants }: { readonly words: readonly (string | null)[]; readonly instants: readonly (number | null)[] }) {
    this.#words = words;
    this.#instants = instants;
  }

  word<Word extends string | null>(cell: Cell | undefined): Word {
    return this.#words[cell as number] as Word;
  }

  instant(cell: Cell | undefined): number | null {
    return this.#instants[cell as number] ?? null;
  }

  time(cells: readonly Cell[], at: number): CarrierTime | null {
    const text = cells[at];
    if (typeof text !== "string") return null;
    const local = cells[at + 1]!;
    return {
      text,
      local: typeof local === "number" ? text.slice(0, local) : local,
      zone: this.word(cells[at + 2]),
      confidence: this.word(cells[at + 3]),
      instant: this.instant(cells[at + 4]),
    };
  }
}

/** Reads a flat list, so many cells at a time. */
export function records<Result>(cells: readonly Cell[], width: number, read: (at: number) => Result): Result[] {
  const results: Result[] = [];
  for (let at = 0; at < cells.length; at += width) results.push(read(at));
  return results;
}
