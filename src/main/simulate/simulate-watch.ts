import type { SeenShipment } from "./simulate-product.ts";

/** How the product heard of a step. */
export type Way = "asked" | "pushed";

export interface Told {
  readonly source: string;
  readonly number: string;
  readonly way: Way;
  /** How many steps it was told of by then. */
  readonly steps: number;
  /** When the carrier's answer or push was out, and when the newest step happened; epoch milliseconds. */
  readonly toldAt: number;
  readonly happenedAt: number;
}

export interface Seen extends Told {
  readonly seenAt: number;
}

/** Most parcels that are looked at at once; what is told beyond that is counted and not measured. */
const watchedMax = 48;
const lookersMax = 6;
const pauseMs = 15;

/** Looks through the product's API until it shows what it was told. Resolution: some tens of milliseconds. */
export class Watcher {
  readonly seen: Seen[] = [];
  /** Told and not measured. */
  unwatched = 0;
  readonly #find: (source: string, number: string) => Promise<SeenShipment | null>;
  readonly #pending = new Map<string, Told[]>();
  readonly #known = new Map<string, number>();
  #isEnded = false;
  #looking: Promise<void> | null = null;

  constructor(find: (source: string, number: string) => Promise<SeenShipment | null>) {
    this.#find = find;
  }

  /** @returns whether the steps are new. */
  tell(told: Told): boolean {
    const key = `${told.source}/${told.number}`;
    if ((this.#known.get(key) ?? 0) >= told.steps) return false;
    this.#known.set(key, told.steps);
    const waiting = this.#pending.get(key);
    if (waiting !== undefined) waiting.push(told);
    else if (this.#pending.size < watchedMax) this.#pending.set(key, [told]);
    else this.unwatched++;
    this.#looking ??= this.#look();
    return true;
  }

  /** How many steps the product was told of. */
  stepsTold(source: string, number: string): number {
    return this.#known.get(`${source}/${number}`) ?? 0;
  }

  /** What it was told of and has not shown (yet). */
  get missing(): readonly Told[] {
    return [...this.#pending.values()].flat();
  }

  async stop(): Promise<void> {
    this.#isEnded = true;
    await this.#looking;
  }

  async #look(): Promise<void> {
    while (!this.#isEnded && this.#pending.size > 0) {
      const keys = [...this.#pending.keys()];
      await Promise.all(Array.from({ length: lookersMax }, (_, first) => this.#lookAt(keys.filter((_, at) => at % lookersMax === first))));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    this.#looking = null;
  }

  async #lookAt(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const waiting = this.#pending.get(key);
      if (waiting === undefined || this.#isEnded) continue;
      const { source, number } = waiting[0]!;
      const shipment = await this.#find(source, number).catch(() => null);
      const seenAt = Date.now();
      const count = shipment?.events.length ?? 0;
      const still = waiting.filter((told) => told.steps > count);
      for (const told of waiting) if (told.steps <= count) this.seen.push({ ...told, seenAt });
      if (still.length === 0) this.#pending.delete(key);
      else this.#pending.set(key, still);
    }
  }
}
