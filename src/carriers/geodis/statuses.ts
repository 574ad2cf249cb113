import type { StatusMeaning } from "../../domain/status.ts";

/**
 * First half of `codeSituationJustification`, the situation. GEODIS does not publish its list; the meanings are those of the French trade's
 * common situation codes, by general knowledge and not checked (2026-11-26). `RST` is a consignment that stays where it is, `SOL` the answer
 * given to that.
 */
export const situations: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["COM", { status: "in_transit", reason: null }],
  ["PCH", { status: "in_transit", reason: null }], // Pris en charge
  ["EXP", { status: "in_transit", reason: null }], // Expédié
  ["DEP", { status: "in_transit", reason: null }],
  ["AAR", { status: "in_transit", reason: null }], // Arrivé à l'agence
  ["ARR", { status: "in_transit", reason: null }],
  ["SOL", { status: "in_transit", reason: null }],
  ["RDV", { status: "in_transit", reason: "recipient:rescheduled" }],
  ["MLV", { status: "out_for_delivery", reason: null }], // Mis en livraison
  ["DIS", { status: "available_for_pickup", reason: null }], // À disposition
  ["RST", { status: "exception", reason: null }], // En souffrance
  ["AVA", { status: "exception", reason: "carrier:damaged" }],
  ["PER", { status: "exception", reason: "carrier:lost" }],
  ["REF", { status: "exception", reason: "recipient:refused" }],
  ["RET", { status: "exception", reason: "transit:returning" }],
  ["REN", { status: "exception", reason: "transit:returning" }],
  ["ANN", { status: "exception", reason: "sender:cancelled" }],
  ["LIV", { status: "delivered", reason: null }], // Livré
]);

/** Whole codes that say more than their situation; with the same reserve. */
export const justified: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["RST/ABS", { status: "delivery_attempt_failed", reason: "recipient:absent" }],
  ["RST/FER", { status: "delivery_attempt_failed", reason: "recipient:business_closed" }],
  ["RST/REF", { status: "exception", reason: "recipient:refused" }],
  ["RST/ADR", { status: "exception", reason: "recipient:address_incorrect" }],
  ["RST/AVA", { status: "exception", reason: "carrier:damaged" }],
  ["RST/DOU", { status: "exception", reason: "customs:held" }],
]);
