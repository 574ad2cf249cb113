import type { Notice } from "../domain/notice.ts";
import { eventsMax, noticesMax, type Decoded } from "./codec.ts";

export const unknownShape: Decoded = { ok: false, reason: "unknown-shape" };

/**
 * A codec's answer out of the notices that it read.
 * @param notices null where a part of the payload is not what the source documents; one such part refuses the whole payload,
 * since a payload is decoded whole or not at all.
 */
export function decodedWhole(notices: readonly (Notice | null)[], messageId: string | null): Decoded {
  if (notices.length > noticesMax) return { ok: false, reason: "too-many" };
  const read: Notice[] = [];
  for (const notice of notices) {
    if (notice === null) return unknownShape;
    if (notice.events.length > eventsMax) return { ok: false, reason: "too-many" };
    read.push(notice);
  }
  return { ok: true, messageId, notices: read };
}
