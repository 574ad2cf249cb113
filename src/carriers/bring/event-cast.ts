import { bareNotice, otherNumbers } from "../bare-notice.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { text } from "../json.ts";
import type { Notice } from "../../domain/notice.ts";
import { carrierTime } from "../../domain/time.ts";
import { statusWords } from "./statuses.ts";
import { eventIdentity } from "./tracking.ts";

/**
 * A message of Event Cast: one event, no history. Its times are UTC with an offset.
 * @returns null when there is no number.
 */
export function castNotice(message: Readonly<Record<string, unknown>>): Notice | null {
  const consignment = text(message["shipment"]);
  const trackingNumber = text(message["package"]) ?? consignment;
  if (trackingNumber === null) return null;
  const status = codedStatus(statusWords, message["status"]) ?? unknownStatus;
  const time = carrierTime(message["created"]);
  return {
    ...bareNotice("bring", trackingNumber),
    // Whether the consignment has other packages is not said.
    parentNumber: otherNumbers(trackingNumber, consignment)[0] ?? null,
    events: [{ ...status, time, country: null, identity: eventIdentity(time, message["status"]), text: null }],
  };
}
