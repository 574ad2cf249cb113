import type { Message, MessageEvent, MessageSummary } from "./message.ts";
import { orderingInstant } from "./time.ts";
import type { CarrierTime } from "./time.ts";

/** What a shipment keeps beside the sender's words. */
interface Stated {
  readonly source: string;
  /** `orderingInstant` of the time, null without one. Kept, because reading a zone's clock costs microseconds and a fold compares often. */
  readonly at: number | null;
}

export interface StoredEvent extends MessageEvent, Stated {}
export interface StoredSummary extends MessageSummary, Stated {}

/** Something that a source said about a parcel. */
export type Statement = StoredEvent | StoredSummary;

export function storedEvents({ source, events }: Message): StoredEvent[] {
  return events.map(({ status, reason, code, time, country, fingerprint }) => {
    return { status, reason, code, time, country, fingerprint, source, at: time && instantOf(time) };
  });
}

export function storedSummaries({ source, summary }: Message): StoredSummary[] {
  if (summary === null) return [];
  const { status, reason, code, time } = summary;
  return [{ status, reason, code, time, source, at: time && instantOf(time) }];
}

/** A source has one summary at a time; sent twice for the same instant, the stronger is kept. */
export function summaryKey({ source, at }: StoredSummary): string {
  return `${source}|${at}`;
}

/** How recent a message is: the ordering instant of its newest event or summary, in epoch milliseconds; null when none has a time. */
export function knowledge({ events, summary }: Message): number | null {
  let newest: number | null = null;
  for (const { time } of summary === null ? events : [...events, summary]) {
    if (time !== null) newest = Math.max(newest ?? -Infinity, instantOf(time));
  }
  return newest;
}

const instants = new WeakMap<CarrierTime, number>();

/** `orderingInstant`, read once per time: a message's times are asked for by its events, its tokens and its estimate. */
function instantOf(time: CarrierTime): number {
  let instant = instants.get(time);
  if (instant === undefined) instants.set(time, (instant = orderingInstant(time)));
  return instant;
}

/** The newest first, those without a time last. */
export function compareNewest(left: number | null, right: number | null): number {
  return left === right ? 0 : left === null ? 1 : right === null ? -1 : right - left;
}

/** Every property of a time in a fixed order, since JSON columns do not keep it. */
export function timeContent({ text, local, zone, confidence, instant }: CarrierTime): string {
  return JSON.stringify([text, local, zone, confidence, instant]);
}
