import { publicEvents } from "../../domain/public-events.ts";
import type { ShipmentState } from "../../domain/shipment.ts";
import { rfc3339 } from "../../domain/time.ts";

export const shipmentEventType = "parcelkeep.shipment.changed";
export const shipmentEventSchema = "urn:parcelkeep:schema:shipment-changed:1";
export const cloudEventsType = "application/cloudevents+json; charset=utf-8";

/** The newest of a shipment's events that are told with a change. */
const eventsMax = 50;

export interface ChangedShipmentState {
  readonly id: string;
  readonly publicId: string;
  readonly tenant: string;
  readonly state: ShipmentState;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * What a merchant is told of a changed shipment: a CloudEvent 1.0 in structured JSON mode (github.com/cloudevents/spec, cloudevents/formats/json-format.md), with the
 * shipment as it is now. Pseudonymous: tokens, codes and times, no personal value and no text of a carrier's.
 * @param id of the event; the same at every attempt, so that a receiver can tell a repeat.
 */
export function shipmentEvent(id: string, shipment: ChangedShipmentState): string {
  const { state } = shipment;
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: `urn:parcelkeep:tenant:${shipment.tenant}`,
    type: shipmentEventType,
    subject: shipment.id,
    time: shipment.updatedAt.toISOString(),
    datacontenttype: "application/json",
    dataschema: shipmentEventSchema,
    data: {
      id: shipment.id,
      publicId: shipment.publicId,
      carrier: state.carrier,
      trackingNumber: state.mainNumber?.token ?? null,
      numbers: state.numbers,
      references: state.references,
      status: state.status,
      statusReason: state.reason,
      statusCode: state.statusCode,
      statusAt: state.statusAt === null || state.statusAt.instant === null ? null : rfc3339(state.statusAt.instant),
      estimatedDelivery: state.estimatedDelivery?.local ?? null,
      events: publicEvents(state)
        .slice(-eventsMax)
        .map(({ status, reason, occurredAt, localTime, zone, zoneConfidence, code, country }) => ({
          status,
          reason,
          occurredAt,
          localTime,
          zone,
          zoneConfidence,
          code,
          country,
        })),
      createdAt: shipment.createdAt.toISOString(),
      updatedAt: shipment.updatedAt.toISOString(),
    },
  });
}
