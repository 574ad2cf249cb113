import { expectedAt, happenedBy, parcelOf, type SimulatedParcel } from "./life.ts";
import type { SimulatedCarrier, Tracked } from "./simulated-carrier.ts";
import type { SimulatedClock } from "./simulated-clock.ts";
import { trackingNumberOf } from "./tracking-number.ts";

/** The parcels of all carriers. */
export class World {
  readonly #parcels = new Map<string, Map<string, SimulatedParcel>>();
  readonly #seed: string;
  readonly clock: SimulatedClock;

  constructor(seed: string, clock: SimulatedClock) {
    this.#seed = seed;
    this.clock = clock;
  }

  /**
   * New parcels of a carrier, the same for the same seed and order of calls but for the moment of their birth.
   * @param announcedWithinMs they are announced evenly over this much of the simulated time from now on.
   * @param agoMs from that long ago on instead.
   */
  add({ source, country, stages }: SimulatedCarrier, count: number, announcedWithinMs: number, agoMs = 0): readonly SimulatedParcel[] {
    const known = this.#of(source);
    const beginning = this.clock.now() - agoMs;
    const first = known.size;
    return Array.from({ length: count }, (_, at) => {
      const number = trackingNumberOf(source, first + at);
      const announcedAt = beginning + Math.floor((announcedWithinMs * at) / count);
      const parcel = parcelOf({ source, number, seed: this.#seed, country, stages, announcedAt });
      known.set(number, parcel);
      return parcel;
    });
  }

  /** What the carrier knows of a number by now; null where it knows nothing. */
  track(source: string, number: string): Tracked | null {
    const parcel = this.#parcels.get(source)?.get(number);
    if (parcel === undefined) return null;
    const happened = happenedBy(parcel, this.clock.now());
    return happened.length === 0 ? null : { parcel, happened, expectedAt: expectedAt(parcel) };
  }

  parcels(source: string): readonly SimulatedParcel[] {
    return [...(this.#parcels.get(source)?.values() ?? [])];
  }

  #of(source: string): Map<string, SimulatedParcel> {
    const known = this.#parcels.get(source) ?? new Map<string, SimulatedParcel>();
    this.#parcels.set(source, known);
    return known;
  }
}
