import type { Status, StatusMeaning, StatusReason } from "./status.ts";

/**
 * Our statuses in the words of the two systems that others most often speak, and back. AfterShip: tags and subtags of its tracking API
 * (aftership.com/docs, state of 2026-07); 17TRACK: `status` and `sub_status` of its API v2.2 (both read 2026-11-26). Our ten statuses and their reasons are
 * the finer of the two in some places and the coarser in others, so a way there and back keeps the status and may lose the reason.
 */

/** By the reason; a status without an entry for its reason takes its plain one. */
interface Words {
  readonly plain: string;
  readonly reasons?: Readonly<Partial<Record<StatusReason, string>>>;
}

const toAftership: Readonly<Record<Status, Words>> = {
  unknown: { plain: "Pending_001" },
  not_found: { plain: "Pending_001" },
  info_received: { plain: "InfoReceived_001" },
  in_transit: {
    plain: "InTransit_001",
    reasons: {
      "customs:processing": "InTransit_006",
      "transit:forwarded": "InTransit_009",
      "transit:returning": "Exception_010",
      "carrier:delayed": "Exception_016",
      "weather:delayed": "Exception_017",
    },
  },
  out_for_delivery: { plain: "OutForDelivery_001" },
  available_for_pickup: { plain: "AvailableForPickup_001" },
  delivery_attempt_failed: {
    plain: "AttemptFail_001",
    reasons: { "recipient:absent": "AttemptFail_002", "recipient:business_closed": "AttemptFail_003" },
  },
  exception: {
    plain: "Exception_001",
    reasons: {
      "recipient:moved": "Exception_002",
      "recipient:refused": "Exception_003",
      "customs:processing": "Exception_004",
      "customs:held": "Exception_004",
      "customs:refused": "Exception_004",
      "recipient:payment_due": "Exception_006",
      "customs:payment_due": "Exception_006",
      "recipient:address_incorrect": "Exception_007",
      "sender:address_incorrect": "Exception_007",
      "recipient:not_collected": "Exception_008",
      "sender:packaging": "Exception_009",
      "carrier:cancelled": "Exception_009",
      "transit:returning": "Exception_010",
      "carrier:damaged": "Exception_012",
      "carrier:lost": "Exception_013",
      "carrier:delayed": "Exception_016",
      "carrier:capacity": "Exception_016",
      "weather:delayed": "Exception_017",
      "sender:documents_missing": "Exception_018",
      "sender:cancelled": "Exception_020",
      "carrier:disposed": "Exception_021",
    },
  },
  returned: { plain: "Exception_011" },
  delivered: {
    plain: "Delivered_001",
    reasons: {
      "delivered:collected": "Delivered_002",
      "delivered:signed": "Delivered_003",
      "delivered:neighbour": "Delivered_005",
    },
  },
};

const to17track: Readonly<Record<Status, Words>> = {
  unknown: { plain: "NotFound_Other" },
  not_found: { plain: "NotFound_Other" },
  info_received: { plain: "InfoReceived" },
  in_transit: {
    plain: "InTransit_Other",
    reasons: { "customs:processing": "InTransit_CustomsProcessing", "transit:returning": "Exception_Returning" },
  },
  out_for_delivery: { plain: "OutForDelivery_Other" },
  available_for_pickup: { plain: "AvailableForPickup_Other" },
  delivery_attempt_failed: {
    plain: "DeliveryFailure_Other",
    reasons: {
      "recipient:absent": "DeliveryFailure_NoBody",
      "recipient:business_closed": "DeliveryFailure_NoBody",
      "other:security": "DeliveryFailure_Security",
      "recipient:refused": "DeliveryFailure_Rejected",
      "recipient:address_incorrect": "DeliveryFailure_InvalidAddress",
    },
  },
  exception: {
    plain: "Exception_Other",
    reasons: {
      "transit:returning": "Exception_Returning",
      "recipient:absent": "Exception_NoBody",
      "other:security": "Exception_Security",
      "carrier:damaged": "Exception_Damage",
      "recipient:refused": "Exception_Rejected",
      "customs:refused": "Exception_Rejected",
      "carrier:delayed": "Exception_Delayed",
      "weather:delayed": "Exception_Delayed",
      "customs:held": "Exception_Delayed",
      "carrier:lost": "Exception_Lost",
      "carrier:disposed": "Exception_Destroyed",
      "sender:cancelled": "Exception_Cancel",
      "carrier:cancelled": "Exception_Cancel",
    },
  },
  returned: { plain: "Exception_Returned" },
  delivered: { plain: "Delivered_Other" },
};

/** AfterShip's subtag; its tag is what stands before the underscore ({@link tagOf}). */
export function aftershipSubtag({ status, reason }: StatusMeaning): string {
  return wordFor(toAftership[status], reason);
}

/** 17TRACK's sub-status; its main status is what stands before the underscore ({@link tagOf}). */
export function seventeenTrackSubStatus({ status, reason }: StatusMeaning): string {
  return wordFor(to17track[status], reason);
}

/** The main word of a subtag or sub-status: `Delivered` of `Delivered_003`. */
export function tagOf(subtag: string): string {
  return subtag.split("_", 1)[0]!;
}

function wordFor({ plain, reasons }: Words, reason: StatusReason | null): string {
  return (reason === null ? undefined : reasons?.[reason]) ?? plain;
}
