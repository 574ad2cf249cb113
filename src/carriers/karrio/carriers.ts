import { carrierByName } from "../carrier-name.ts";
import { text } from "../json.ts";
import type { CarrierId } from "../../domain/carrier.ts";

/** Karrio's connectors whose names are not the carrier's in other words: folders of its public sources, read 2026-11-26. `hermes` is the German one there. */
const connectors: ReadonlyMap<string, CarrierId> = new Map<string, CarrierId>([
  ["dhl_universal", "dhl-unified"],
  ["mydhl", "dhl-express"],
  ["hermes", "hermes-de"],
  ["usps_international", "usps"],
  ["dpd_meta", "dpd"],
  ["colissimo", "laposte"],
]);

export function carrierOf(connector: unknown): CarrierId | null {
  return connectors.get(text(connector) ?? "") ?? carrierByName(connector);
}
