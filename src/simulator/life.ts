import { personOf, type Person } from "./person.ts";
import { randomOf, type Random } from "./random.ts";

/** What may happen to a parcel; each carrier has its own codes for those that it can say. */
export const stages = [
  "announced",
  "accepted",
  "sorted",
  "arrived",
  "delayed",
  "out_for_delivery",
  "attempted",
  "at_pickup",
  "collected",
  "delivered",
  "returning",
  "returned",
] as const;
export type Stage = (typeof stages)[number];

/** Canonical status (DESIGN section 11) that a reader should see after each stage. */
export const statusAfter: Readonly<Record<Stage, string>> = {
  announced: "info_received",
  accepted: "in_transit",
  sorted: "in_transit",
  arrived: "in_transit",
  delayed: "exception",
  out_for_delivery: "out_for_delivery",
  attempted: "delivery_attempt_failed",
  at_pickup: "available_for_pickup",
  collected: "delivered",
  delivered: "delivered",
  returning: "exception",
  returned: "returned",
};

export interface Step {
  readonly stage: Stage;
  /** Milliseconds of the parcel's own time since it was announced. */
  readonly afterMs: number;
  readonly place: string;
}

export interface SimulatedParcel {
  readonly source: string;
  readonly number: string;
  readonly reference: string;
  readonly recipient: Person;
  readonly sender: Person;
  /** In the simulated time, epoch milliseconds. */
  readonly announcedAt: number;
  /** Oldest first, at least one. */
  readonly steps: readonly Step[];
}

/** A step that has happened. */
export interface Happened extends Step {
  readonly at: Date;
}

const hourMs = 3_600_000;
/** The longest route's life; most live less. */
export const lifeMaxMs = 120 * hourMs;

const beginning: readonly Stage[] = ["announced", "accepted", "sorted", "arrived"];
const routes: readonly (readonly [share: number, rest: readonly Stage[]])[] = [
  [0.62, ["out_for_delivery", "delivered"]],
  [0.12, ["out_for_delivery", "attempted", "out_for_delivery", "delivered"]],
  [0.14, ["out_for_delivery", "at_pickup", "collected"]],
  [0.07, ["delayed", "out_for_delivery", "delivered"]],
  [0.05, ["out_for_delivery", "attempted", "returning", "returned"]],
];

/** Hours from the stage before; half to one and a half of it. */
const hoursBefore: Readonly<Record<Stage, number>> = {
  announced: 0,
  accepted: 5,
  sorted: 6,
  arrived: 9,
  delayed: 8,
  out_for_delivery: 5,
  attempted: 4,
  at_pickup: 5,
  collected: 14,
  delivered: 4,
  returning: 8,
  returned: 20,
};

const hubs = ["Nebelkreuz", "Knotenhausen", "Wolkenhafen", "Sortierfelde", "Zwischenlager Mitte"];

export interface Birth {
  readonly source: string;
  readonly number: string;
  readonly seed: string;
  /** Where the carrier delivers. */
  readonly country: string;
  /** What the carrier can say; a route with another stage is not taken. */
  readonly stages: ReadonlySet<Stage>;
  /** Epoch milliseconds of the simulated time. */
  readonly announcedAt: number;
}

/** A parcel with its whole life, the same for the same seed and number. */
export function parcelOf({ source, number, seed, country, stages: possible, announcedAt }: Birth): SimulatedParcel {
  const random = randomOf(`${seed}/${source}/${number}`);
  const recipient = personOf(random, country);
  const sender = personOf(random, country);
  const reference = `ORDER-${String(random.below(1e8)).padStart(8, "0")}`;
  let afterMs = 0;
  const begun = beginning.filter((stage) => possible.has(stage));
  const steps = [...begun, ...routeOf(random, possible)].map((stage): Step => {
    afterMs += Math.round(hoursBefore[stage] * hourMs * (0.5 + random.next()));
    return { stage, afterMs, place: stage === "sorted" ? random.pick(hubs) : stage === "announced" ? sender.city : recipient.city };
  });
  return { source, number, reference, recipient, sender, announcedAt, steps };
}

function routeOf(random: Random, possible: ReadonlySet<Stage>): readonly Stage[] {
  const open = routes.filter(([, rest]) => rest.every((stage) => possible.has(stage)));
  let left = random.next() * open.reduce((sum, [share]) => sum + share, 0);
  for (const [share, rest] of open) {
    left -= share;
    if (left < 0) return rest;
  }
  return open.at(-1)![1];
}

/** What has happened by then, oldest first; nothing before the parcel was announced. */
export function happenedBy({ announcedAt, steps }: SimulatedParcel, now: number): readonly Happened[] {
  return steps.filter(({ afterMs }) => announcedAt + afterMs <= now).map((step) => ({ ...step, at: new Date(announcedAt + step.afterMs) }));
}

/** When the carrier expects to be done: the day of the last step. */
export function expectedAt({ announcedAt, steps }: SimulatedParcel): Date {
  return new Date(announcedAt + steps.at(-1)!.afterMs);
}
