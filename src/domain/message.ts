import type { CarrierId } from "./carrier.ts";
import type { Category, Role } from "./category.ts";
import type { Status, StatusReason } from "./status.ts";
import type { CarrierTime } from "./time.ts";

/**
 * One notice after the vault: pseudonymous. This is what the queue carries and the index is built from. It holds tokens, codes
 * from closed tables, times, countries and keyed fingerprints, and nothing else.
 */
export interface Message {
  readonly version: 1;
  readonly kind: "tracking" | "order" | "fulfilment";
  readonly source: string;
  readonly carrier: CarrierId | null;
  readonly number: string | null;
  /** Keyed fingerprint (hex) of the notice's discriminator. */
  readonly discriminator: string | null;
  readonly alternatives: readonly string[];
  readonly parent: string | null;
  readonly references: readonly string[];
  readonly events: readonly MessageEvent[];
  readonly summary: MessageSummary | null;
  readonly estimatedDelivery: CarrierTime | null;
  readonly personal: readonly PersonalToken[];
  /** Token of the free text of all events of this message (a JSON array, one entry per event), or null. */
  readonly textToken: string | null;
}

export interface MessageEvent {
  readonly status: Status;
  readonly reason: StatusReason | null;
  readonly code: string | null;
  readonly time: CarrierTime | null;
  readonly country: string | null;
  /** Keyed fingerprint of the event's identity, 24 hex digits; equal for a re-sent event. */
  readonly fingerprint: string;
}

export interface MessageSummary {
  readonly status: Status;
  readonly reason: StatusReason | null;
  readonly code: string | null;
  readonly time: CarrierTime | null;
}

export interface PersonalToken {
  readonly category: Category;
  readonly role: Role;
  readonly token: string;
  /** The person the token belongs to. */
  readonly subject: string;
}
