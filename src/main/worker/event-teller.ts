import { createHash } from "node:crypto";
import { type BusEvent, type EventBus, EventBusError, type PublishOutcome } from "../../cloud/event-bus.ts";
import { unpackShipment } from "../../domain/packed-shipment.ts";
import { shipmentEvent, shipmentEventType } from "../../outbound/webhooks/shipment-event.ts";
import { uuidText } from "../../store/binary-array.ts";
import type { BusStore, ToldChanges } from "../../store/bus-store.ts";
import type { ClaimedChange } from "../../store/webhook-store.ts";
import { backoffMs } from "../backoff.ts";
import { errorKind, type ProgramLog } from "../log.ts";

/** Changes of one round. The database holds a transaction open for its calls. */
const changesMax = 100;
const idleMs = 500;
const retries = { firstMs: 1_000, longestMs: 60_000 };

export interface EventTellerParts {
  readonly bus: Pick<EventBus, "publish">;
  readonly store: BusStore;
  /** Whether a body holds nothing but tokens, codes and times (`webhook-rules.ts`). */
  readonly mayLeave: (body: string) => boolean;
  readonly log: ProgramLog;
}

/** Tells an event bus of changed shipments: each change at least once, those of a shipment in their order. */
export class EventTeller {
  readonly #parts: EventTellerParts;
  #isFollowed = false;
  #failures = 0;

  constructor(parts: EventTellerParts) {
    this.#parts = parts;
  }

  /** One round, of `Rounds`. @returns milliseconds to rest for. */
  async round(): Promise<number> {
    const { store, log } = this.#parts;
    try {
      if (!this.#isFollowed) {
        await store.follow(true);
        this.#isFollowed = true;
      }
      const { claimed, left } = await store.tellChanges(changesMax, (changes) => this.#tell(changes));
      if (left > 0) return this.#restAfterFailure();
      this.#failures = 0;
      return claimed > 0 ? 0 : idleMs;
    } catch (error) {
      if (this.#failures === 0 || (error instanceof EventBusError && error.code !== "unavailable"))
        log.error(errorKind(error), "changes of shipments are not told to the event bus; they wait");
      return this.#restAfterFailure();
    }
  }

  async #tell(changes: readonly ClaimedChange[]): Promise<ToldChanges> {
    const { bus, mayLeave, log } = this.#parts;
    const events = changes.map((change) => ({ change, event: eventOf(change) }));
    const leaks = events.filter(({ event }) => !mayLeave(event.body));
    const clean = events.filter((each) => !leaks.includes(each));
    const outcomes = await bus.publish(clean.map(({ event }) => event));
    const those = (wanted: PublishOutcome["outcome"]) => clean.filter((_, place) => outcomes[place]!.outcome === wanted);
    const refused = [
      ...leaks.map(({ change }) => ({ seqs: change.seqs, code: "leak" })),
      ...those("too-large").map(({ change }) => ({ seqs: change.seqs, code: "too-large" })),
      ...those("refused").map(({ change }) => ({ seqs: change.seqs, code: "refused" })),
    ];
    for (const { code } of refused) log.error({ code }, "a change of a shipment cannot be told to the event bus");
    const told = those("published");
    const failed = those("failed").length;
    if (failed > 0 && this.#failures === 0)
      log.warn(
        { told: told.length, failed, codes: codesOf(outcomes) },
        "some changes of shipments are not told to the event bus; they wait",
      );
    return { told: told.flatMap(({ change }) => change.seqs), refused };
  }

  #restAfterFailure(): number {
    return backoffMs(++this.#failures, retries);
  }
}

/** How many failed by which code of the bus or its service. */
function codesOf(outcomes: readonly PublishOutcome[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { outcome, code = "none" } of outcomes) if (outcome === "failed") counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

function eventOf({ seqs, tenant, shipment, public_id, state: packed, created_at, updated_at }: ClaimedChange): BusEvent {
  const id = eventId(shipment, seqs.at(-1)!);
  const state = unpackShipment(packed!);
  const changed = { id: shipment, publicId: public_id!, tenant, state, createdAt: created_at!, updatedAt: updated_at! };
  const { status } = state;
  const carrier = state.carrier ?? null;
  return { id, type: shipmentEventType, tenant, shipment, status, carrier, time: updated_at!, body: shipmentEvent(id, changed) };
}

/** Of the change and not of the attempt (a UUID of version 8, RFC 9562 section 5.8), so that whoever receives it twice can tell. */
function eventId(shipment: string, seq: string): string {
  const bytes = createHash("sha256").update(`parcelkeep event ${shipment} ${seq}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidText(bytes);
}
