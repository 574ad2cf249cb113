/** Canonical statuses of a shipment (DESIGN section 11), in the order in which a parcel usually meets them. */
export const statuses = [
  "unknown",
  "not_found",
  "info_received",
  "in_transit",
  "out_for_delivery",
  "available_for_pickup",
  "delivery_attempt_failed",
  "exception",
  "returned",
  "delivered",
] as const;
export type Status = (typeof statuses)[number];

/** Why a shipment has its status; the party at fault is the word before the colon. */
export const statusReasons = [
  "carrier:delayed",
  "carrier:damaged",
  "carrier:lost",
  "carrier:misrouted",
  "carrier:capacity",
  "carrier:cancelled",
  "carrier:disposed",
  "carrier:no_access",
  "recipient:absent",
  "recipient:refused",
  "recipient:address_incorrect",
  "recipient:moved",
  "recipient:business_closed",
  "recipient:rescheduled",
  "recipient:not_collected",
  "recipient:payment_due",
  "sender:documents_missing",
  "sender:address_incorrect",
  "sender:not_handed_over",
  "sender:cancelled",
  "sender:packaging",
  "customs:processing",
  "customs:held",
  "customs:refused",
  "customs:payment_due",
  "weather:delayed",
  "other:security",
  "other:unspecified",
  "delivered:signed",
  "delivered:neighbour",
  "delivered:safe_place",
  "delivered:locker",
  "delivered:mailbox",
  "delivered:collected",
  "delivered:partial",
  "transit:returning",
  "transit:forwarded",
] as const;
export type StatusReason = (typeof statusReasons)[number];

/** What a carrier's code means. */
export interface StatusMeaning {
  readonly status: Status;
  readonly reason: StatusReason | null;
}

/**
 * Statuses after which a parcel moves no more. A later scan of another leg does not undo them
 * (late scans are common: a hub uploads its scans of the day after the courier's handheld has reported delivery).
 */
export const terminalStatuses: ReadonlySet<Status> = new Set<Status>(["delivered", "returned"]);

/** Rank among events of the same instant: the higher one is taken as the later. */
export const statusRank: Readonly<Record<Status, number>> = {
  unknown: 0,
  not_found: 1,
  info_received: 2,
  in_transit: 3,
  exception: 4,
  out_for_delivery: 5,
  delivery_attempt_failed: 6,
  available_for_pickup: 7,
  returned: 8,
  delivered: 9,
};
