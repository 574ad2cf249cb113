import { bareNotice, identityOf } from "../bare-notice.ts";
import type { Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField } from "../../domain/personal.ts";
import { carrierTime } from "../../domain/time.ts";
import { shipxStatuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

const polish = { habitZone: "Europe/Warsaw" };

/**
 * A webhook of ShipX. `shipment_status_changed` has a number and a status; `shipment_confirmed` gives the number; others (offers of
 * couriers) are about no parcel yet.
 */
export function shipxMessage(message: Part): Decoded {
  if (!isRecord(message["payload"])) return unknownShape;
  const payload = message["payload"];
  const trackingNumber = text(payload["tracking_number"]);
  if (trackingNumber === null) return decodedWhole([], null);
  const status = text(payload["status"]) ?? (message["event"] === "shipment_confirmed" ? "confirmed" : null);
  const notice = bareNotice("inpost", trackingNumber);
  return decodedWhole([{ ...notice, events: status === null ? [] : [eventOf(status, message["event_ts"])] }], null);
}

/** @returns null when there is no number. */
export function shipxTracking(tracking: Part): Notice | null {
  const trackingNumber = text(tracking["tracking_number"]);
  if (trackingNumber === null) return null;
  const current = codedStatus(shipxStatuses, tracking["status"]);
  const target = record(record(tracking["custom_attributes"])["target_machine_detail"]);
  const address = record(target["address"]);
  return {
    ...bareNotice("inpost", trackingNumber),
    events: list(tracking["tracking_details"])
      .map(record)
      .map((detail) => eventOf(detail["status"], detail["datetime"])),
    summary: current === null ? null : { ...current, time: null },
    fields: personalFields(
      // Which locker somebody uses tells where they live.
      personalField("organisation", "pickup_point", target["name"] ?? record(tracking["custom_attributes"])["target_machine_id"]),
      personalField("street", "pickup_point", address["line1"]),
      personalField("city", "pickup_point", address["line2"]),
    ),
  };
}

/** The same event comes in a webhook, to the second, and in an answer, to the millisecond. */
function eventOf(status: unknown, at: unknown): EventNotice {
  const time = carrierTime(at, polish);
  return {
    ...(codedStatus(shipxStatuses, status) ?? unknownStatus),
    time,
    country: null,
    identity: identityOf([time?.local.slice(0, 19), status]),
    text: null,
  };
}
