import { compareText } from "./bounded-union.ts";
import type { Message, MessageEvent, MessageSummary } from "./message.ts";
import { orderingInstant } from "./time.ts";
import type { CarrierTime } from "./time.ts";

/** What a shipment keeps beside the sender's words. */
interface Stated {
  readonly source: string;
  /** `orderingInstant` of the time, null without one. Kept, because a fold compares often. */
  readonly at: number | null;
}

export interface StoredEvent extends MessageEvent, Stated {}
export interface StoredSummary extends MessageSummary, Stated {}

/** Something that a source said about a parcel. */
export type Statement = StoredEvent | StoredSummary;

export function storedEvents({ source, events }: Message): StoredEvent[] {
  return events.map(({ status, reason, code, time, country, fingerprint }) => {
    return { status, reason, code, time, country, fingerprint, source, at: time && orderingInstant(time) };
  });
}

export function storedSummaries({ source, summary }: Message): StoredSummary[] {
  if (summary === null) return [];
  const { status, reason, code, time } = summary;
  return [{ status, reason, code, time, source, at: time && orderingInstant(time) }];
}

/** A source has one summary at a time; sent twice for the same instant, the stronger is kept. */
export function summaryKey({ source, at }: StoredSummary): string {
  return `${source}|${at}`;
}

/** How recent a message is: the time of its newest event or summary; null when none has a time. */
export function knowledge(...said: readonly (readonly Statement[])[]): number | null {
  let newest: number | null = null;
  for (const statements of said) for (const { at } of statements) if (at !== null && (newest === null || at > newest)) newest = at;
  return newest;
}

/** The newest first, those without a time last. */
export function compareNewest(left: number | null, right: number | null): number {
  return left === right ? 0 : left === null ? 1 : right === null ? -1 : right - left;
}

/** A total order on the contents of times. */
export function compareTimes(left: CarrierTime | null, right: CarrierTime | null): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return (
    compareText(left.text, right.text) ||
    compareText(left.local, right.local) ||
    compareOptional(left.zone, right.zone) ||
    compareText(left.confidence, right.confidence) ||
    compareNewest(left.instant, right.instant)
  );
}

/** Nothing last. */
export function compareOptional(left: string | null, right: string | null): number {
  return left === right ? 0 : left === null ? 1 : right === null ? -1 : compareText(left, right);
}
