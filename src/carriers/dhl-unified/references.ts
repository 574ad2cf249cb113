/**
 * Kinds of `details.references` in DHL's OpenAPI description "Unified Shipment Tracking API" 1.5.6 (read 2026-11-24 in a public client
 * generated from it). Not taken: `container-number`, `housebill`, `masterbill` (freight documents), the three account numbers, and
 * `routing-code`, which spells the recipient's postcode, street and house number.
 */
export const parcelReferences: ReadonlySet<unknown> = new Set(["domestic-consignment-id", "local-tracking-number"]);

/** The merchant's own words for the shipment. */
export const merchantReferences: ReadonlySet<unknown> = new Set([
  "customer-confirmation-number",
  "customer-order-number",
  "customer-reference",
  "ecommerce-number",
  "reference",
  "shipment-id",
]);
