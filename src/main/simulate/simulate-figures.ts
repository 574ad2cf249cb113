import type { BatchingFigure } from "./simulate-batching.ts";
import type { CacheFigure } from "./simulate-cache.ts";
import type { Percentiles } from "./simulate-percentiles.ts";
import type { Way } from "./simulate-watch.ts";

/** What one run measured. All times in milliseconds. */
export interface SimulationFigures {
  readonly seed: string;
  readonly startedAt: string;
  readonly machine: string;
  readonly durationMs: number;
  /** Simulated time for each of ours. */
  readonly speed: number;
  /** Who asked the carriers: the product's own outbound process, or its connectors in this command. */
  readonly askedBy: "product" | "connectors";
  readonly carriers: readonly CarrierFigure[];
  readonly pushes: readonly PushFigure[];
  readonly batching: readonly BatchingFigure[];
  readonly cache: CacheFigure | null;
  readonly agreement: Agreement;
}

export interface CarrierFigure {
  readonly source: string;
  readonly parcels: number;
  readonly behaviour: string;
  readonly calls: number;
  /** Tracking numbers in them. */
  readonly numbers: number;
  readonly tokens: number;
  readonly refused: number;
  readonly overQuota: number;
  /** Injected, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** Of the calls: as whoever asked read them, or as the carrier saw them where the product asked. */
  readonly outcomes: Readonly<Record<string, number | undefined>>;
  readonly steps: StepFigure;
}

export interface PushFigure {
  readonly source: string;
  readonly parcels: number;
  readonly messages: number;
  /** Taken at the first attempt, later, and never. */
  readonly first: number;
  readonly later: number;
  readonly lost: number;
  /** From sending to the 202. */
  readonly acknowledged: Percentiles;
  readonly steps: StepFigure;
}

/** Steps of parcels' lives on their way through the product. */
export interface StepFigure {
  readonly way: Way;
  readonly happened: number;
  readonly told: number;
  readonly measured: number;
  readonly missing: number;
  /** From the carrier's answer or push until the API shows it. */
  readonly toldToSeen: Percentiles;
  /** From the event at the carrier until the API shows it: with the time until the carrier is asked. */
  readonly happenedToSeen: Percentiles;
}

/** At the end: does the product show the status that the parcel has, as far as it was told? */
export interface Agreement {
  readonly checked: number;
  readonly agreed: number;
  readonly differing: readonly string[];
}
