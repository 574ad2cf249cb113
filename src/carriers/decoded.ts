import type { EventNotice, Notice } from "../domain/notice.ts";
import { eventsMax, noticesMax, type Decoded } from "./codec.ts";

export const unknownShape: Decoded = { ok: false, reason: "unknown-shape" };

/**
 * A codec's answer out of the notices that it read.
 * @param notices null where a part of the payload is not what the source documents; one such part refuses the whole payload,
 * since a payload is decoded whole or not at all. So does a history of which nothing could be read: its fields have other names than the source documents.
 */
export function decodedWhole(notices: readonly (Notice | null)[], messageId: string | null): Decoded {
  if (notices.length > noticesMax) return { ok: false, reason: "too-many" };
  const read: Notice[] = [];
  for (const notice of notices) {
    if (notice === null) return unknownShape;
    if (notice.events.length > eventsMax) return { ok: false, reason: "too-many" };
    if (isUnread(notice)) return unknownShape;
    read.push(notice);
  }
  return { ok: true, messageId, notices: read };
}

function isUnread({ events, summary }: Notice): boolean {
  const saysNothing = ({ status, code, time, text }: EventNotice): boolean =>
    status === "unknown" && code === null && time === null && text === null;
  return events.length > 0 && events.every(saysNothing) && (summary === null || (summary.status === "unknown" && summary.code === null));
}
