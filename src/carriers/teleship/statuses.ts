import type { StatusMeaning } from "../../domain/status.ts";

/** `code` of events and `status`, in capitals: Teleship's API as public clients list the values (read 2026-11-26), where they have no meanings. */
export const eventCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["PENDING", { status: "info_received", reason: null }],
  ["CREATED", { status: "info_received", reason: null }],
  ["LABEL_CREATED", { status: "info_received", reason: null }],
  ["CANCELLED", { status: "exception", reason: "sender:cancelled" }],
  ["PICKED_UP", { status: "in_transit", reason: null }],
  ["COLLECTED", { status: "in_transit", reason: null }],
  ["IN_HUB", { status: "in_transit", reason: null }],
  ["IN_TRANSIT", { status: "in_transit", reason: null }],
  ["CUSTOMS", { status: "in_transit", reason: "customs:processing" }],
  ["CUSTOMS_CLEARANCE", { status: "in_transit", reason: "customs:processing" }],
  ["CUSTOMS_CLEARED", { status: "in_transit", reason: null }],
  ["CUSTOMS_HELD", { status: "exception", reason: "customs:held" }],
  ["DELAYED", { status: "exception", reason: "carrier:delayed" }],
  ["EXCEPTION", { status: "exception", reason: null }],
  ["OUT_FOR_DELIVERY", { status: "out_for_delivery", reason: null }],
  ["DELIVERY_FAILED", { status: "delivery_attempt_failed", reason: null }],
  ["DELIVERY_ATTEMPTED", { status: "delivery_attempt_failed", reason: null }],
  ["AVAILABLE_FOR_PICKUP", { status: "available_for_pickup", reason: null }],
  ["RETURNING", { status: "exception", reason: "transit:returning" }],
  ["RETURNED", { status: "returned", reason: null }],
  ["DELIVERED", { status: "delivered", reason: null }],
]);
