import type { StatusMeaning } from "../../domain/status.ts";
import { statusTable } from "../status-table.ts";

/**
 * Event codes of Hermes Germany in their four-digit form ("2x2"), by the list "Hermes Germany Eventcodes" (read 2026-11-26 in a public repository).
 * Codes that tell of a wish, a measurement, a note of the customer service or a corrected scan (`4070`, `4072`, `4690`, `9…`) say nothing of where the parcel is.
 * `3410` is at the ParcelShop for the person, `2400` was handed in there by the sender. The way back ends with `7500`.
 */
export const eventCodes = statusTable([
  ["info_received", null, "0000 1000"],
  ["info_received", "sender:not_handed_over", "0600 0700 0800 0900"],
  ["in_transit", null, "1510 1610 1720 1810 1820 1900 1901 1910 2000 2100 2300 2400 3010 3300 3430 4025 6080 6089 6090"],
  ["in_transit", "customs:processing", "1710"],
  ["in_transit", "carrier:misrouted", "3780 4080 6086 6087"],
  ["in_transit", "carrier:delayed", "4100 4610"],
  ["in_transit", "transit:forwarded", "6088"],
  ["out_for_delivery", null, "3000"],
  ["available_for_pickup", null, "3410"],
  ["delivery_attempt_failed", null, "4010 4015 4050"],
  ["delivery_attempt_failed", "recipient:absent", "3731 3732 3733 3734 4031 4032 4033 4034"],
  ["delivery_attempt_failed", "recipient:refused", "3710"],
  ["delivery_attempt_failed", "recipient:payment_due", "3715"],
  ["delivery_attempt_failed", "recipient:address_incorrect", "3720 4020"],
  ["delivery_attempt_failed", "carrier:delayed", "3750"],
  // Without the right number or document the courier may not hand it over.
  [
    "delivery_attempt_failed",
    "other:unspecified",
    "3751 3752 3753 3754 3782 3783 3784 3785 3786 3787 4051 4052 4053 4054 4081 4082 4083 4084 4085 4086 4087",
  ],
  ["exception", null, "4500 4620"],
  ["exception", "customs:held", "1730"],
  ["exception", "customs:refused", "1751"],
  ["exception", "carrier:damaged", "3740 4040 6085"],
  ["exception", "carrier:lost", "4630"],
  ["exception", "recipient:not_collected", "4035"],
  ["exception", "sender:cancelled", "3795 4095 9340 9341"],
  ["exception", "sender:packaging", "4024"],
  ["exception", "transit:returning", "1520 3760 3761 4060 4061 4062 6081 6082 6083 6084 6092 6093 6094 6096 6098 6099"],
  ["returned", null, "7500"],
  ["delivered", null, "3500 3510 3520"],
  ["delivered", "delivered:mailbox", "3511"],
  ["delivered", "delivered:collected", "3530"],
]);

/** `result.code` of a shipment in an answer of several; others say nothing about the number. */
export const resultCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["e001", { status: "not_found", reason: null }], // There is no information for the entered value
]);
