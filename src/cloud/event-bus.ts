/** Where others in the operator's cloud hear of changed shipments. What is published is pseudonymous, and checked for that before it comes here. */
export interface EventBus {
  /**
   * Publishes events, each on its own. What failed for a moment was tried again already, a few times.
   * @returns by place. Where the bus went away in the middle, what was not published by then has failed.
   * @throws {EventBusError} where nothing was published or refused.
   */
  publish(events: readonly BusEvent[]): Promise<readonly PublishOutcome[]>;
  close(): Promise<void>;
}

export interface BusEvent {
  /** The same whenever the event is published again, so that a receiver can tell a repeat. */
  readonly id: string;
  readonly type: string;
  readonly tenant: string;
  readonly shipment: string;
  readonly status: string;
  readonly carrier: string | null;
  readonly time: Date;
  /** A CloudEvent 1.0 in structured JSON mode. */
  readonly body: string;
}

export interface PublishOutcome {
  /** `failed` may be published again later; `refused` and `too-large` would fail again. */
  readonly outcome: "published" | "failed" | "refused" | "too-large";
  /** Why it failed or was refused: a name of the service's, or a code of {@link EventBusError}. */
  readonly code?: string;
}

export class EventBusError extends Error {
  override readonly name = "EventBusError";
  /** `unavailable`: try again. `not-permitted`, `misconfigured`: for somebody to mend. */
  readonly code: EventBusErrorCode;
  constructor(code: EventBusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Listed in docs/errors.md. */
export const eventBusErrorCodes = ["unavailable", "not-permitted", "misconfigured"] as const;
export type EventBusErrorCode = (typeof eventBusErrorCodes)[number];
