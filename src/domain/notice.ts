import type { CarrierId } from "./carrier.ts";
import type { PersonalField } from "./personal.ts";
import type { Status, StatusMeaning, StatusReason } from "./status.ts";
import type { CarrierTime } from "./time.ts";

/**
 * What a codec reads out of one payload. A notice still holds plaintext (numbers, references, identities, `fields`); the vault
 * turns it into a {@link ../domain/message.ts Message}, which holds tokens only. What is not named here stays in the sealed raw
 * record and goes no further.
 */
export interface Notice {
  readonly kind: "tracking" | "order" | "fulfilment";
  /** The carrier that issued the number; null when the sender does not say. */
  readonly carrier: CarrierId | null;
  /** Personal: becomes a token. Null for an order that has not shipped. */
  readonly trackingNumber: string | null;
  /** What tells two shipments under one number apart (FedEx `trackingNumberUniqueId`); keyed before it is stored. */
  readonly discriminator: string | null;
  /** Other numbers of the same parcel (last-mile number, local barcode). */
  readonly alternativeNumbers: readonly string[];
  /** Number of the shipment that this parcel is a piece of. */
  readonly parentNumber: string | null;
  /** The merchant's references (order number, order id). */
  readonly orderReferences: readonly string[];
  /** As delivered by the sender, any order. */
  readonly events: readonly EventNotice[];
  /** The payload's summary of the current status, where it has one beside the events. */
  readonly summary: SummaryNotice | null;
  readonly estimatedDelivery: CarrierTime | null;
  readonly fields: readonly PersonalField[];
}

export interface EventNotice extends StatusMeaning {
  readonly status: Status;
  readonly reason: StatusReason | null;
  /** A code out of the source's own status table, never free input; null when the payload's code is not in the table. */
  readonly code: string | null;
  readonly time: CarrierTime | null;
  /** ISO 3166-1 alpha-2. The only part of a scan's place that is kept in clear. */
  readonly country: string | null;
  /** What makes this event the same when it is sent again: the carrier's event id, or time, code, place and text joined. Keyed before it is stored. */
  readonly identity: string;
  /** The carrier's words; free text, tokenised whole. */
  readonly text: string | null;
}

export interface SummaryNotice extends StatusMeaning {
  readonly code: string | null;
  readonly time: CarrierTime | null;
}
