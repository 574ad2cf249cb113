import { deliveryFacts } from "../../domain/delivery-facts.ts";
import { unpackShipment } from "../../domain/packed-shipment.ts";
import { publicEvents } from "../../domain/public-events.ts";
import { aftershipSubtag, seventeenTrackSubStatus } from "../../domain/status-maps.ts";
import { rfc3339 } from "../../domain/time.ts";
import type { ShipmentView } from "../../ingress/services.ts";
import type { ShipmentRow } from "../../store/read-store.ts";

/** A shipment as the API shows it: tokens, codes and times. */
export function shipmentView(row: ShipmentRow): ShipmentView {
  const state = unpackShipment(row.state);
  return {
    id: row.id,
    publicId: row.public_id,
    carrier: state.carrier,
    trackingNumber: state.mainNumber?.token ?? null,
    numbers: state.numbers,
    references: state.references,
    parents: state.parents,
    status: state.status,
    statusReason: state.reason,
    statusCode: state.statusCode,
    statusAt: state.statusAt === null || state.statusAt.instant === null ? null : rfc3339(state.statusAt.instant),
    statusLocalTime: state.statusAt?.local ?? null,
    // In the words of two systems that merchants come from.
    statusElsewhere: { aftership: aftershipSubtag(state), "17track": seventeenTrackSubStatus(state) },
    estimatedDelivery: state.estimatedDelivery,
    ...deliveryFacts(state),
    events: publicEvents(state),
    personal: state.personal.map(({ category, role, token, subject }) => ({ category, role, token, subject })),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** What a shopper sees: no tokens, no references. */
export function trackingView(row: { readonly state: string; readonly updated_at: Date }) {
  const state = unpackShipment(row.state);
  return {
    carrier: state.carrier,
    status: state.status,
    statusReason: state.reason,
    estimatedDelivery: state.estimatedDelivery?.local ?? null,
    events: publicEvents(state).map(({ status, reason, occurredAt, localTime, zone, zoneConfidence, country }) => ({
      status,
      reason,
      occurredAt,
      localTime,
      zone,
      zoneConfidence,
      country,
    })),
    updatedAt: row.updated_at.toISOString(),
  };
}
