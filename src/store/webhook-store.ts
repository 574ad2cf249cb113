import type pg from "pg";

export interface WebhookEndpointRow {
  readonly id: string;
  readonly url: string;
  readonly signature: "h" | "e";
  readonly state: "a" | "d";
  readonly disabled_reason: string | null;
  readonly failures: number;
  readonly paused_until: Date | null;
  readonly last_success_at: Date | null;
  readonly last_failure_at: Date | null;
  readonly last_code: string | null;
  readonly created_at: Date;
  readonly waiting: string;
  readonly dead: string;
  /** `whpk_…`, the newest first. */
  readonly public_keys: readonly string[];
  readonly secrets: string;
}

export interface DeadDeliveryRow {
  readonly event: string;
  readonly shipment: string;
  readonly attempts: number;
  readonly code: string;
  readonly at: Date;
}

export interface NewWebhookEndpoint {
  readonly id: string;
  readonly url: string;
  readonly signature: "h" | "e";
  readonly sealed: Uint8Array;
  readonly publicKey: string | null;
}

/** What the API may do with merchants' endpoints, one tenant's at a time. It cannot read a secret back. */
export function webhookEndpointStore(pool: pg.Pool) {
  const rows = async <Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<readonly Row[]> =>
    (await pool.query<Row>(text, values)).rows;
  const one = async <Value>(text: string, values: unknown[]): Promise<Value> => (await rows<{ value: Value }>(text, values))[0]!.value;
  return {
    create: async (tenant: string, { id, url, signature, sealed, publicKey }: NewWebhookEndpoint): Promise<void> => {
      await pool.query("select parcelkeep.create_webhook_endpoint($1, $2, $3, $4, $5, $6)", [
        tenant,
        id,
        url,
        signature,
        sealed,
        publicKey,
      ]);
    },
    of: (tenant: string, id: string | null) =>
      rows<WebhookEndpointRow>("select * from parcelkeep.webhook_endpoints_of($1, $2)", [tenant, id]),
    change: (tenant: string, id: string, url: string | null, state: "a" | "d" | null) =>
      one<boolean>("select parcelkeep.change_webhook_endpoint($1, $2, $3, $4) as value", [tenant, id, url, state]),
    remove: (tenant: string, id: string) => one<boolean>("select parcelkeep.delete_webhook_endpoint($1, $2) as value", [tenant, id]),
    rotate: (tenant: string, id: string, sealed: Uint8Array, publicKey: string | null, overlapS: number) =>
      one<boolean>("select parcelkeep.rotate_webhook_secret($1, $2, $3, $4, $5) as value", [tenant, id, sealed, publicKey, overlapS]),
    /** @returns how many events are delivered once more; null where there is no such endpoint. */
    replay: async (tenant: string, id: string, from: Date, to: Date, limit: number): Promise<number | null> => {
      const count = await one<string | null>("select parcelkeep.replay_webhook_events($1, $2, $3, $4, $5) as value", [
        tenant,
        id,
        from,
        to,
        limit,
      ]);
      return count === null ? null : Number(count);
    },
    dead: (tenant: string, id: string, before: { readonly at: Date; readonly id: string }, limit: number) =>
      rows<DeadDeliveryRow>("select * from parcelkeep.dead_deliveries($1, $2, $3, $4, $5)", [tenant, id, before.at, before.id, limit]),
    retry: (tenant: string, id: string, event: string) =>
      one<boolean>("select parcelkeep.retry_delivery($1, $2, $3) as value", [tenant, id, event]),
  };
}
export type WebhookEndpointStore = ReturnType<typeof webhookEndpointStore>;

export interface ClaimedChange {
  readonly seqs: readonly string[];
  readonly tenant: string;
  readonly shipment: string;
  readonly public_id: string | null;
  /** `packed-shipment.ts`; null for a shipment that is not shown. */
  readonly state: string | null;
  readonly created_at: Date | null;
  readonly updated_at: Date | null;
}

export interface NewWebhookEvent {
  readonly id: string;
  readonly tenant: string;
  readonly shipment: string;
  readonly body: string;
}

export interface ClaimedDelivery {
  readonly endpoint: string;
  readonly tenant: string;
  readonly url: string;
  readonly event: string;
  readonly body: string;
  readonly attempts: number;
  readonly since: Date;
  readonly failures: number;
}

export interface ClaimBounds {
  readonly limit: number;
  readonly perEndpoint: number;
  /** In a row; from there on one at a time. */
  readonly failuresMax: number;
  /** Who claims has so long, then somebody else may. */
  readonly holdS: number;
}

export interface FinishedDelivery {
  readonly endpoint: string;
  readonly event: string;
  readonly state: "delivered" | "waiting" | "dead";
  readonly dueAt: Date | null;
  readonly code: string;
  readonly isFailure: boolean | null;
  readonly pauseMs: number | null;
  readonly disable: string | null;
}

const stateLetters = { delivered: "d", waiting: "w", dead: "x" } as const;

/** What the outbound process may do: tell changes, deliver, and keep events for a while. */
export function webhookDeliveryStore(pool: pg.Pool) {
  return {
    /**
     * Turns changes into events, all or nothing.
     * @param tell pure; gets no change of a shipment that is not shown.
     * @returns how many changes were taken.
     */
    enterEvents: async (limit: number, tell: (changes: readonly ClaimedChange[]) => readonly NewWebhookEvent[]): Promise<number> => {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        await client.query("begin");
        const { rows } = await client.query<ClaimedChange>("select * from parcelkeep.claim_changes($1)", [limit]);
        if (rows.length > 0) {
          const events = tell(rows.filter(({ state }) => state !== null));
          await client.query("select parcelkeep.enter_events($1, $2, $3, $4, $5)", [
            rows.flatMap(({ seqs }) => seqs),
            events.map(({ id }) => id),
            events.map(({ tenant }) => tenant),
            events.map(({ shipment }) => shipment),
            events.map(({ body }) => body),
          ]);
        }
        await client.query("commit");
        return rows.length;
      } catch (error) {
        await client.query("rollback").catch((failure: Error) => (broken = failure));
        throw error;
      } finally {
        client.release(broken);
      }
    },
    /** @param busy endpoints of which nothing more is wanted now. */
    claim: async ({ limit, perEndpoint, failuresMax, holdS }: ClaimBounds, busy: readonly string[]): Promise<readonly ClaimedDelivery[]> =>
      (
        await pool.query<ClaimedDelivery>("select * from parcelkeep.claim_deliveries($1, $2, $3, $4, $5)", [
          limit,
          perEndpoint,
          failuresMax,
          holdS,
          busy,
        ])
      ).rows,
    finish: async ({ endpoint, event, state, dueAt, code, isFailure, pauseMs, disable }: FinishedDelivery): Promise<void> => {
      await pool.query("select parcelkeep.finish_delivery($1, $2, $3, $4, $5, $6, $7, $8)", [
        endpoint,
        event,
        stateLetters[state],
        dueAt,
        code,
        isFailure,
        pauseMs === null ? null : pauseMs / 1000,
        disable,
      ]);
    },
    urlOf: async (tenant: string, id: string): Promise<string | null> =>
      (await pool.query<{ url: string | null }>("select parcelkeep.webhook_endpoint_url($1, $2) as url", [tenant, id])).rows[0]!.url,
    /** The newest first. */
    secretsOf: async (endpoint: string): Promise<readonly Buffer[]> =>
      (await pool.query<{ sealed: Buffer }>("select sealed from parcelkeep.webhook_signing_secrets($1)", [endpoint])).rows.map(
        ({ sealed }) => sealed,
      ),
    /** @returns how many events have gone. */
    sweep: async (before: Date, limit: number): Promise<number> =>
      Number((await pool.query<{ gone: string }>("select parcelkeep.sweep_webhook_events($1, $2) as gone", [before, limit])).rows[0]!.gone),
  };
}
export type WebhookDeliveryStore = ReturnType<typeof webhookDeliveryStore>;
