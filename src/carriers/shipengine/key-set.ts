/** Where ShipEngine publishes the keys that sign its webhooks (docs.shipstation.com/apis/docs/guides/webhooks-validation, read 2026-11-26). */
export const keySetUrls: readonly string[] = ["https://api.shipengine.com/jwks"];
