import { statusTable } from "../status-table.ts";

/**
 * `status` of a shipment in ShipX (Poland), as its documentation names them (dokumentacja-inpost.atlassian.net, ShipX, statuses, and public clients,
 * read 2026-11-26). A parcel that a customer service point or another locker stores for lack of room (`stack_in_…`) waits for a courier, not for the person.
 */
export const shipxStatuses = statusTable([
  ["info_received", null, "created offers_prepared offer_selected confirmed"],
  [
    "in_transit",
    null,
    "dispatched_by_sender dispatched_by_sender_to_pok collected_from_sender taken_by_courier taken_by_courier_from_pok adopted_at_source_branch " +
      "sent_from_source_branch adopted_at_sorting_center sent_from_sorting_center adopted_at_target_branch stack_in_box_machine " +
      "stack_in_customer_service_point unstack_from_box_machine unstack_from_customer_service_point canceled_redirect_to_box",
  ],
  ["in_transit", "carrier:delayed", "delay_in_delivery"],
  ["in_transit", "transit:forwarded", "readdressed redirect_to_box"],
  ["out_for_delivery", null, "out_for_delivery out_for_delivery_to_address"],
  [
    "available_for_pickup",
    null,
    "ready_to_pickup ready_to_pickup_from_branch ready_to_pickup_from_pok ready_to_pickup_from_pok_registered pickup_reminder_sent " +
      "courier_avizo_in_customer_service_point",
  ],
  ["delivery_attempt_failed", null, "undelivered pickup_reminder_sent_address"],
  ["delivery_attempt_failed", "recipient:absent", "avizo"],
  ["delivery_attempt_failed", "recipient:refused", "rejected_by_receiver"],
  ["delivery_attempt_failed", "recipient:payment_due", "undelivered_cod_cash_receiver"],
  [
    "delivery_attempt_failed",
    "recipient:address_incorrect",
    "undelivered_incomplete_address undelivered_unknown_receiver undelivered_wrong_address",
  ],
  ["delivery_attempt_failed", "recipient:moved", "undelivered_not_live_address"],
  ["delivery_attempt_failed", "carrier:no_access", "undelivered_lack_of_access_letterbox undelivered_no_mailbox"],
  [
    "exception",
    "recipient:not_collected",
    "pickup_time_expired stack_parcel_pickup_time_expired stack_parcel_in_box_machine_pickup_time_expired " +
      "taken_by_courier_from_customer_service_point",
  ],
  ["exception", "sender:cancelled", "canceled"],
  ["exception", "sender:packaging", "oversized"],
  ["exception", "carrier:lost", "missing"],
  // A complaint was made about it.
  ["exception", null, "claimed"],
  ["returned", null, "returned_to_sender return_pickup_confirmation_to_sender"],
  ["delivered", null, "delivered"],
  ["unknown", null, "other"],
]);

/**
 * `eventCode` of InPost Group's API (developers.inpost-group.com, tracking events V1 and V2, in a public copy, read 2026-11-26). A redirection
 * tells where the parcel goes, not that it is there. Codes that tell of money or of a wish are left out.
 */
export const eventCodes = statusTable([
  ["info_received", null, "CRE.1001 CRE.1002 FMD.1001 FMD.1007 FMD.1013 FUL.1001 FUL.1002"],
  ["info_received", "sender:not_handed_over", "FMD.1008 FMD.1009 FMD.1010 FMD.1011 FMD.1012 FMD.1014 FMD.1016 FMD.1017"],
  [
    "in_transit",
    null,
    "FMD.1002 FMD.1003 FMD.1004 FMD.1005 FMD.1006 FMD.1015 FUL.1003 HAN.1001 MMD.1001 MMD.1002 MMD.1003 MMD.1004 MMD.1005 MMD.1007 MMD.1009 MMD.3001 " +
      "LMD.1002 LMD.3007 LMD.3012 LMD.9012 CC.002",
  ],
  ["in_transit", "customs:processing", "CC.001"],
  ["in_transit", "carrier:delayed", "INF.9001 INF.9003 INF.9004 INF.9005 INF.9009 INF.9017"],
  ["in_transit", "recipient:rescheduled", "INF.9010 INF.9012 INF.9014"],
  ["in_transit", "transit:forwarded", "LMD.3001 LMD.3002 LMD.3003 LMD.3004 LMD.3005 LMD.3006 LMD.3013 LMD.3014 LMD.3015 LMD.3016 LMD.3017"],
  // "In-transit (last-mile)": with the courier.
  ["out_for_delivery", null, "LMD.1001"],
  ["available_for_pickup", null, "LMD.1003 LMD.1004 LMD.1005 LMD.1006 LMD.9001 LMD.9013"],
  ["delivery_attempt_failed", null, "LMD.9004 LMD.9018 LMD.9029"],
  ["delivery_attempt_failed", "recipient:absent", "LMD.9017"],
  ["delivery_attempt_failed", "recipient:refused", "LMD.9006"],
  ["delivery_attempt_failed", "recipient:address_incorrect", "LMD.9007 LMD.9008 LMD.9015"],
  ["delivery_attempt_failed", "recipient:payment_due", "LMD.9009"],
  ["delivery_attempt_failed", "carrier:no_access", "LMD.9010 LMD.9011 LMD.9016 LMD.9020 LMD.9023 LMD.9025"],
  ["delivery_attempt_failed", "carrier:capacity", "LMD.9021 LMD.9022"],
  ["delivery_attempt_failed", "carrier:delayed", "LMD.9024 LMD.9026 LMD.9028"],
  ["exception", null, "FMD.9001 LMD.9005 MMD.9001"],
  ["exception", "customs:held", "CC.003"],
  ["exception", "sender:packaging", "FMD.9002 LMD.9003 LMD.9027 MMD.1006"],
  ["exception", "recipient:not_collected", "LMD.3008 LMD.3009 LMD.3010 LMD.3011 LMD.9002 LMD.9014 LMD.9019"],
  ["exception", "carrier:lost", "EOL.9001"],
  ["exception", "carrier:damaged", "EOL.9002 LMD.9030"],
  ["exception", "carrier:disposed", "EOL.9003 EOL.9006"],
  ["exception", "sender:cancelled", "EOL.9004 EOL.9005"],
  ["exception", "other:security", "INF.9013"],
  ["exception", "transit:returning", "RTS.1001"],
  ["returned", null, "RTS.1002"],
  ["delivered", null, "EOL.1001 EOL.1006 EOL.1007"],
  ["delivered", "delivered:collected", "EOL.1002"],
  ["delivered", "delivered:safe_place", "EOL.1003"],
  ["delivered", "delivered:neighbour", "EOL.1004"],
  ["delivered", "delivered:signed", "EOL.1005"],
  ["delivered", "delivered:mailbox", "EOL.1008"],
]);
