import { unpackMessage } from "../domain/packed-message.ts";
import { numbersOf, type Sayings, sayingsOf } from "../domain/sayings.ts";
import { addSayings, type ShipmentState } from "../domain/shipment.ts";
import { exactness, type Identity, identityOf, includes } from "./identity.ts";

/** One message out of the inbox. */
export interface Job {
  readonly tenant: string;
  /** `packed-message.ts`. */
  readonly message: string;
}

/** A shipment as it stands in the index. It is found by each of the numbers in its state, and by no other. */
export interface HeldShipment extends Identity {
  readonly id: string;
  readonly tenant: string;
  readonly state: ShipmentState;
  /** Another shipment that answers for this one, since it is the same parcel known more exactly. */
  readonly shownAs: string | null;
}

/** A shipment as it is to stand in the index. */
export interface ShipmentWrite extends HeldShipment {
  readonly isNew: boolean;
  readonly addedNumbers: readonly string[];
  readonly droppedNumbers: readonly string[];
}

export interface Applied {
  readonly writes: readonly ShipmentWrite[];
  /** Shipments that have become part of another one: they hold nothing any more, and the other answers for them. */
  readonly merged: readonly { readonly id: string; readonly shownAs: string; readonly droppedNumbers: readonly string[] }[];
  /** Shipments that others answer for from now on, and so for whatever they answered for themselves. */
  readonly redirected: readonly { readonly from: string; readonly to: string }[];
  /** Those of the added numbers that no shipment had. */
  readonly newNumbers: ReadonlySet<string>;
  /** Shipments that answer for what each job said, by the job's place. */
  readonly touched: readonly (readonly string[])[];
  /** Jobs that cannot be applied, by place: they go to the dead letters and the others go on. */
  readonly failed: readonly { readonly job: number; readonly code: FailureCode }[];
}

/** `crowded-number`: the message would make one shipment too many under its number. */
export type FailureCode = "unreadable-message" | "crowded-number";

/** A number that a carrier uses again comes back after months; what makes a hundred shipments of it is no carrier, and would cost others their time. */
export const shipmentsOfNumberMax = 100;

/** Jobs as far as they can be read without the index. */
export interface ReadJobs {
  readonly jobs: readonly ReadJob[];
  /** Every number token that the jobs name: the index is asked for their shipments. */
  readonly numbers: readonly string[];
}

interface ReadJob extends Identity {
  readonly tenant: string;
  /** Null where the message cannot be read. */
  readonly said: Sayings | null;
  readonly numbers: readonly string[];
}

export function readJobs(jobs: readonly Job[]): ReadJobs {
  const numbers = new Set<string>();
  const read = jobs.map(({ tenant, message: text }): ReadJob => {
    try {
      const message = unpackMessage(text);
      const job = { ...identityOf(message), tenant, said: sayingsOf(message), numbers: numbersOf(message) };
      for (const number of job.numbers) numbers.add(number);
      return job;
    } catch {
      return { tenant, said: null, numbers: [], carrier: null, discriminator: null };
    }
  });
  return { jobs: read, numbers: [...numbers] };
}

/**
 * Adds jobs to shipments. What comes out depends on the set of all messages ever applied and on nothing else, ids aside:
 *
 * - Messages of one identity (`identity.ts`) that name a common number, or are joined by others that do, are one shipment.
 * - A message that says less (a shop that knows no carrier, a carrier's message without a discriminator) belongs to every shipment that is more exact and
 *   shares a number with it. It may join two of the same identity: they become one. It never joins two that contradict each other.
 * - What such messages say together is kept as a shipment of its own even when a more exact one includes it, for another more exact one to come. It is
 *   shown only as long as there is no more exact one: then that one takes over its id, and answers for the ids of all others that it includes.
 *
 * So two parcels under one number stay two where carrier or discriminator tell them apart, and each shows what was said of the number in general.
 * A message without a number (an order that has not shipped) makes no shipment.
 *
 * @param held every shipment that has one of the jobs' numbers.
 */
export function applyJobs({ jobs }: ReadJobs, held: readonly HeldShipment[], newId: () => string): Applied {
  const index = new Index(held, newId);
  const failed: { job: number; code: FailureCode }[] = [];
  const takers = jobs.map((job, place) => {
    if (job.said === null) failed.push({ job: place, code: "unreadable-message" });
    if (job.said === null || job.numbers.length === 0) return [];
    const taken = index.add(job, job.said);
    if (taken === null) failed.push({ job: place, code: "crowded-number" });
    return taken ?? [];
  });
  return {
    ...index.changes(),
    touched: takers.map((shipments) => [...new Set(shipments.map((shipment) => index.answeringFor(shipment)))]),
    failed,
  };
}

/** A shipment in the making. */
interface Shipment extends Identity {
  /** Under which it is found in the index; a more exact shipment may take it over. */
  name: Name;
  readonly tenant: string;
  readonly numbers: Set<string>;
  /** All that it says beyond its name's stored state. */
  readonly said: Sayings[];
  shownAs: string | null;
  /** The shipment that it has become part of. */
  into: Shipment | null;
}

interface Name {
  readonly id: string;
  readonly stored: HeldShipment | null;
}

class Index {
  readonly #shipments: Shipment[] = [];
  readonly #byNumber = new Map<string, Shipment[]>();
  /** Numbers that shipments have in the index. */
  readonly #known = new Set<string>();
  readonly #redirected = new Map<string, string>();
  readonly #newId: () => string;

  constructor(held: readonly HeldShipment[], newId: () => string) {
    this.#newId = newId;
    for (const stored of held) {
      const { tenant, carrier, discriminator, shownAs, state } = stored;
      const numbers = new Set(state.numbers);
      const shipment: Shipment = {
        name: { id: stored.id, stored },
        tenant,
        carrier,
        discriminator,
        numbers,
        said: [],
        shownAs,
        into: null,
      };
      this.#shipments.push(shipment);
      for (const number of numbers) {
        this.#known.add(number);
        this.#find(number, shipment);
      }
    }
  }

  /** @returns the shipments that what the job says belongs to; null where it needs one more and there are too many. */
  add(job: ReadJob, said: Sayings): readonly Shipment[] | null {
    const met = this.#met(job);
    const takers = met.filter((shipment) => includes(shipment, job));
    // The most exact first: each looks at the less exact ones as they were before this job.
    takers.sort((a, b) => exactness(b) - exactness(a) || (a.name.id < b.name.id ? -1 : 1));
    const isKnown = takers.some((shipment) => exactness(shipment) === exactness(job));
    if (!isKnown && met.length >= shipmentsOfNumberMax) return null;
    const fresh = isKnown ? null : this.#make(job);
    if (fresh !== null) takers.push(fresh);
    const taken: Shipment[] = [];
    for (const taker of takers) {
      const twin = taken.find((other) => isSame(other, taker));
      if (twin !== undefined) {
        this.#merge(taker, twin);
        continue;
      }
      for (const lessExact of this.#notIncludedYet(taker, met)) this.#takeContent(taker, lessExact);
      taken.push(taker);
    }
    for (const taker of taken) {
      taker.said.push(said);
      for (const number of job.numbers) this.#give(taker, number);
    }
    this.#show(fresh === null ? met : [...met, fresh], taken, fresh);
    return taken;
  }

  /** The id of the shipment that is shown for this one. */
  answeringFor(shipment: Shipment): string {
    let standing = shipment;
    while (standing.into !== null) standing = standing.into;
    return this.#final(standing.shownAs ?? standing.name.id);
  }

  changes(): Pick<Applied, "writes" | "merged" | "redirected" | "newNumbers"> {
    const writes: ShipmentWrite[] = [];
    const merged: { id: string; shownAs: string; droppedNumbers: readonly string[] }[] = [];
    for (const shipment of this.#shipments) {
      const { name, tenant, carrier, discriminator, said } = shipment;
      const { id, stored } = name;
      if (shipment.into !== null) {
        if (stored !== null) merged.push({ id, shownAs: this.answeringFor(shipment), droppedNumbers: stored.state.numbers });
        continue;
      }
      const shownAs = shipment.shownAs === null ? null : this.#final(shipment.shownAs);
      const state = addSayings(stored?.state ?? null, said);
      if (stored !== null && state === stored.state && shownAs === stored.shownAs && isSame(stored, shipment)) continue;
      const before = stored?.state.numbers ?? [];
      const addedNumbers = state.numbers === before ? [] : state.numbers.filter((number) => !before.includes(number));
      const droppedNumbers = state.numbers === before ? [] : before.filter((number) => !state.numbers.includes(number));
      writes.push({ id, tenant, carrier, discriminator, state, shownAs, isNew: stored === null, addedNumbers, droppedNumbers });
    }
    const redirected = Array.from(this.#redirected.keys(), (from) => ({ from, to: this.#final(from) }));
    const newNumbers = new Set(writes.flatMap(({ addedNumbers }) => addedNumbers.filter((number) => !this.#known.has(number))));
    return { writes, merged, redirected, newNumbers };
  }

  #met({ tenant, numbers }: ReadJob): readonly Shipment[] {
    const met = new Set<Shipment>();
    for (const number of numbers) {
      for (const shipment of this.#byNumber.get(number) ?? []) if (shipment.tenant === tenant && shipment.into === null) met.add(shipment);
    }
    return [...met];
  }

  #make({ tenant, carrier, discriminator }: ReadJob): Shipment {
    const name = { id: this.#newId(), stored: null };
    const shipment: Shipment = { name, tenant, carrier, discriminator, numbers: new Set(), said: [], shownAs: null, into: null };
    this.#shipments.push(shipment);
    return shipment;
  }

  /** Of two shipments of one identity that turn out to be one parcel, the older one goes on. */
  #merge(loser: Shipment, survivor: Shipment): void {
    this.#takeContent(survivor, loser);
    loser.into = survivor;
    if (loser.shownAs === null) this.#redirected.set(loser.name.id, survivor.shownAs ?? survivor.name.id);
  }

  /** A shipment that shares a number with a less exact one has included it before. */
  #notIncludedYet(shipment: Shipment, met: readonly Shipment[]): readonly Shipment[] {
    const isPart = (other: Shipment): boolean => other.into === null && exactness(other) < exactness(shipment) && includes(shipment, other);
    return met.filter((other) => isPart(other) && !shareNumber(shipment, other));
  }

  #takeContent(to: Shipment, from: Shipment): void {
    if (from.name.stored !== null) to.said.push(from.name.stored.state);
    to.said.push(...from.said);
    for (const number of from.numbers) this.#give(to, number);
  }

  /**
   * Settles which of these shipments are shown. Every less exact one among them is included in each of the takers that it does not contradict.
   * @param fresh a taker that has no id of its own yet.
   */
  #show(shipments: readonly Shipment[], takers: readonly Shipment[], fresh: Shipment | null): void {
    let nameless = fresh;
    const shown = shipments.filter(({ into, shownAs }) => into === null && shownAs === null);
    for (const shipment of shown.sort((a, b) => (a.name.id < b.name.id ? -1 : 1))) {
      const cover = takers.find((taker) => exactness(taker) > exactness(shipment) && includes(taker, shipment));
      if (cover === undefined) continue;
      if (cover === nameless) {
        this.#takeOverName(cover, shipment);
        nameless = null;
      } else {
        shipment.shownAs = cover.name.id;
        this.#redirected.set(shipment.name.id, cover.name.id);
      }
    }
  }

  /** A parcel keeps its id when it becomes known more exactly; what was known less exactly is kept under a new one. */
  #takeOverName(cover: Shipment, shipment: Shipment): void {
    const { name } = shipment;
    shipment.name = { id: cover.name.id, stored: null };
    if (name.stored !== null) shipment.said.unshift(name.stored.state);
    shipment.shownAs = name.id;
    cover.name = name;
  }

  #give(shipment: Shipment, number: string): void {
    if (shipment.numbers.has(number)) return;
    shipment.numbers.add(number);
    this.#find(number, shipment);
  }

  #find(number: string, shipment: Shipment): void {
    const found = this.#byNumber.get(number);
    if (found === undefined) this.#byNumber.set(number, [shipment]);
    else found.push(shipment);
  }

  #final(id: string): string {
    let final = id;
    for (let next = this.#redirected.get(final); next !== undefined; next = this.#redirected.get(final)) final = next;
    return final;
  }
}

function shareNumber(left: Shipment, right: Shipment): boolean {
  for (const number of left.numbers) if (right.numbers.has(number)) return true;
  return false;
}

function isSame(left: Identity, right: Identity): boolean {
  return left.carrier === right.carrier && left.discriminator === right.discriminator;
}
