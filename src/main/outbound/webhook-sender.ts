import { LRUCache } from "lru-cache";
import type pg from "pg";
import type { Registry } from "prom-client";
import { unpackShipment } from "../../domain/packed-shipment.ts";
import type { Egress } from "../../outbound/egress.ts";
import type { GuardRules } from "../../outbound/guard/rules.ts";
import type { Recipient } from "../../outbound/guarded-egress.ts";
import { holdS, inFlightPerEndpointMax, WebhookDeliveries } from "../../outbound/webhooks/delivery.ts";
import { breakerFailures } from "../../outbound/webhooks/retry.ts";
import { shipmentEvent } from "../../outbound/webhooks/shipment-event.ts";
import { uuidText } from "../../store/binary-array.ts";
import { type ClaimedChange, type NewWebhookEvent, webhookDeliveryStore } from "../../store/webhook-store.ts";
import { errorKind, type ProgramLog } from "../log.ts";
import { outboundCounter } from "./outbound-counters.ts";
import type { Spans } from "../telemetry/spans.ts";
import { uuid7 } from "../intake/uuid7.ts";
import { webhookRules } from "../front/webhook-rules.ts";
import type { WebhookSecrets } from "../front/webhook-secrets.ts";

/** Looks for changes and for what is due so often while there is nothing. */
const idleMs = 500;
const changesMax = 500;
/** Events can be replayed for so long. */
export const eventDays = 30;
const sweepEveryMs = 60 * 60 * 1000;
const sweptMax = 10_000;

export interface WebhookSenderParts {
  /** Of the role `parcelkeep_outbound`. */
  readonly pool: pg.Pool;
  readonly egress: Egress;
  readonly secrets: WebhookSecrets;
  readonly registry: Registry;
  readonly spans: Spans;
  readonly log: ProgramLog;
}

/** Where a merchant's endpoint is and what may be said to it, for the egress (`EgressParts.webhookOf`). */
export function webhookRecipients(pool: pg.Pool): (tenant: string, endpoint: string) => Promise<Omit<Recipient, "label"> | null> {
  const store = webhookDeliveryStore(pool);
  const rules = new LRUCache<string, GuardRules>({ max: 1000 });
  return async (tenant, endpoint) => {
    const url = await store.urlOf(tenant, endpoint);
    if (url === null) return null;
    const own = rules.get(url) ?? webhookRules(url);
    rules.set(url, own);
    return { hosts: [new URL(url).host], path: "public", rules: own };
  };
}

/** Tells merchants of changed shipments until it is stopped. The outbound process runs one; several may run at once. */
export function startWebhookSender({ pool, egress, secrets, registry, spans, log }: WebhookSenderParts): { stop(): Promise<void> } {
  const store = webhookDeliveryStore(pool);
  const outcomes = outboundCounter("webhookDeliveries", registry);
  const deliveries = new WebhookDeliveries({
    claim: (limit, busy) => store.claim({ limit, perEndpoint: inFlightPerEndpointMax, failuresMax: breakerFailures, holdS }, busy),
    finish: (attempted) => store.finish(attempted),
    secretsOf: async (endpoint) => (await store.secretsOf(endpoint)).map((sealed) => secrets.open(endpoint, sealed)),
    egress,
    now: () => new Date(),
    random: Math.random,
    counted: (outcome, { status, tookMs }) => {
      outcomes.inc({ outcome });
      spans.begin("webhook.deliver", tookMs)?.end({ "http.response.status_code": status, "parcelkeep.outcome": outcome });
    },
    failed: (error) => log.error(errorKind(error), "what became of a webhook could not be noted; it is delivered once more"),
  });
  const stopping = new AbortController();
  let sweptAt = -Infinity;
  const tell = async (): Promise<boolean> => {
    if (performance.now() - sweptAt > sweepEveryMs) {
      sweptAt = performance.now();
      await store.sweep(new Date(Date.now() - eventDays * 24 * 60 * 60 * 1000), sweptMax);
    }
    return (await store.enterEvents(changesMax, eventsOf)) > 0;
  };
  const deliver = async (): Promise<boolean> => (await deliveries.begin()) > 0;
  const running = [tell, deliver].map(async (work) => {
    while (!stopping.signal.aborted) {
      const hadWork = await work().catch((error: unknown) => {
        log.error(errorKind(error), "webhooks are not told or delivered; tried again");
        return false;
      });
      if (!hadWork) await pause(idleMs, stopping.signal);
    }
  });
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      await deliveries.settled();
    },
  };
}

function eventsOf(changes: readonly ClaimedChange[]): readonly NewWebhookEvent[] {
  return changes.map(({ tenant, shipment, public_id, state, created_at, updated_at }) => {
    const id = uuidText(uuid7(Date.now()));
    const body = shipmentEvent(id, {
      id: shipment,
      publicId: public_id!,
      tenant,
      state: unpackShipment(state!),
      createdAt: created_at!,
      updatedAt: updated_at!,
    });
    return { id, tenant, shipment, body };
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
