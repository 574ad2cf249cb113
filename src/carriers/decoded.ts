import type { EventNotice, Notice } from "../domain/notice.ts";
import { eventsMax, noticesMax, type Decoded } from "./codec.ts";

export const unknownShape: Decoded = { ok: false, reason: "unknown-shape" };

/**
 * A codec's answer out of the notices that it read.
 * @param notices null where a part of the payload is not what the source documents; one such part refuses the whole payload,
 * since a payload is decoded whole or not at all. So does a history of which nothing could be read: its fields have other names than the source documents.
 * A part whose tracking number is none (`0`, `unknown`), under which all such parcels of the tenant would meet, goes no further than the sealed raw
 * record; the others do.
 */
export function decodedWhole(notices: readonly (Notice | null)[], messageId: string | null): Decoded {
  if (notices.length > noticesMax) return { ok: false, reason: "too-many" };
  const read: Notice[] = [];
  for (const notice of notices) {
    if (notice === null) return unknownShape;
    if (notice.events.length > eventsMax) return { ok: false, reason: "too-many" };
    if (isUnread(notice)) return unknownShape;
    const visible = withoutInvisible(notice);
    if (!isNoNumber(visible.trackingNumber)) read.push(withoutNoNumbers(visible));
  }
  if (read.length === 0 && notices.length > 0) return unknownShape;
  return { ok: true, messageId, notices: read };
}

const saysNothing = ({ status, code, time, text }: EventNotice): boolean =>
  status === "unknown" && code === null && time === null && text === null;

function isUnread({ events, summary }: Notice): boolean {
  return events.length > 0 && events.every(saysNothing) && (summary === null || (summary.status === "unknown" && summary.code === null));
}

/** What stands where a system has no number yet: words, zeros, a date. A published sample has sixteen zeros for its number, so that many are one. */
const NO_NUMBER =
  /^(?:0{0,7}|[\W_]*|unknown|pending|tbd|tba|test|no[ -]?(?:number|tracking)|not[ -]?(?:available|found)|\d{4}-\d{2}-\d{2}(?:T.*)?)$/i;

/** Unicode's format characters (general category Cf), such as the zero-width space: people paste them with a number, and no carrier has them in one. */
const INVISIBLE = /\p{Cf}/gu;
const hasInvisible = (text: string | null): boolean => text !== null && text.search(INVISIBLE) >= 0;

/** A number with something invisible in it would be another parcel than the same number without. */
function withoutInvisible(notice: Notice): Notice {
  const { trackingNumber, parentNumber, alternativeNumbers } = notice;
  if (!hasInvisible(trackingNumber) && !hasInvisible(parentNumber) && !alternativeNumbers.some(hasInvisible)) return notice;
  return {
    ...notice,
    trackingNumber: trackingNumber?.replaceAll(INVISIBLE, "") ?? null,
    parentNumber: parentNumber?.replaceAll(INVISIBLE, "") ?? null,
    alternativeNumbers: alternativeNumbers.map((number) => number.replaceAll(INVISIBLE, "")),
  };
}

/** Other numbers join parcels, so one that is none is dropped rather than believed. */
function withoutNoNumbers(notice: Notice): Notice {
  const { alternativeNumbers, parentNumber } = notice;
  if (!alternativeNumbers.some(joinsNothing) && !joinsNothing(parentNumber)) return notice;
  return {
    ...notice,
    alternativeNumbers: alternativeNumbers.filter((number) => !joinsNothing(number)),
    parentNumber: joinsNothing(parentNumber) ? null : parentNumber,
  };
}

function joinsNothing(text: string | null): boolean {
  return isNoNumber(text) || (text !== null && /^[0\W_]+$/.test(text));
}

function isNoNumber(text: string | null): boolean {
  return text !== null && NO_NUMBER.test(text);
}
