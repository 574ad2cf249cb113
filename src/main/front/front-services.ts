import { timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Awaitable } from "../../cloud/tracking-cache.ts";
import { isCarrierId } from "../../domain/carrier.ts";
import { type Scope, scopes } from "../../domain/scope.ts";
import type { Approvals } from "../../ingress/approval-services.ts";
import type { Exports } from "../../ingress/export-services.ts";
import { ProblemError } from "../../ingress/problems.ts";
import type { Operators } from "../../ingress/operators.ts";
import type {
  ApiKeys,
  AuditReads,
  Caller,
  HookRequest,
  NewEndpointInput,
  Page,
  Received,
  Services,
  ShipmentView,
  TokenServices,
} from "../../ingress/services.ts";
import type { DeadLetters } from "../../ingress/dead-letter-services.ts";
import type { AdminStore } from "../../store/admin-store.ts";
import type { ReadStore } from "../../store/read-store.ts";
import type { IndexKeys } from "../../vault/blind-index.ts";
import { formatToken } from "../../vault/token.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { busyWithoutKeys } from "../keys/busy-without-keys.ts";
import type { FrontCarrierAccounts } from "./front-carrier-accounts.ts";
import type { FrontCarriers } from "./front-carriers.ts";
import type { FrontWebhooks } from "./front-webhooks.ts";
import type { FrontPersons } from "./front-persons.ts";
import type { Endpoint, FrontEndpoints } from "./front-endpoints.ts";
import { inflated, isPlain } from "../intake/inflate.ts";
import { type InboxRoom, refuseWhenFull } from "./inbox-bound.ts";
import type { IntakeThreads } from "../intake/intake-threads.ts";
import type { IngressMetrics } from "../metrics.ts";
import type { RateLimit } from "./rate-limit.ts";
import { shipmentView } from "./shipment-view.ts";
import { newApiKey, ofKnownOwner } from "./front-api-keys.ts";
import { sameSecret, secretHash } from "./secret-text.ts";
import { apiSource, codecs, isSource } from "../intake/sources.ts";
import type { TenantKeys } from "../keys/tenant-keys.ts";
import type { Spans } from "../telemetry/spans.ts";
import { type SeenHook, tracedHook, tracedWait } from "../telemetry/traced-hook.ts";
import type { TrackingViews } from "./tracking-views.ts";

const cachedKeysMax = 10_000;
/** A revoked key or endpoint stops working within this time. */
const credentialsTtlMs = 5_000;

export interface FrontParts {
  readonly intake: IntakeThreads;
  readonly tenantKeys: TenantKeys;
  readonly persons: FrontPersons;
  readonly operators: Operators;
  readonly apiKeys: ApiKeys;
  readonly carriers: FrontCarriers;
  readonly audit: AuditReads;
  readonly webhooks: FrontWebhooks;
  readonly carrierAccounts: FrontCarrierAccounts;
  readonly deadLetters: DeadLetters;
  readonly approvals: Approvals;
  readonly exports: Exports;
  readonly endpoints: FrontEndpoints;
  readonly reads: ReadStore;
  readonly views: TrackingViews;
  readonly tokens: TokenServices;
  readonly admin: AdminStore;
  readonly operatorKey: string;
  /** Null where no process asks carriers. */
  readonly ingressKey: string | null;
  readonly rateLimit: RateLimit;
  readonly inbox: InboxRoom;
  readonly metrics: IngressMetrics;
  readonly spans: Spans;
  readonly cell: string;
  readonly now: () => number;
  metricsText(): Promise<string>;
  notReady(): Promise<string | null>;
}

/** Wires the HTTP interface to vault, store and index. */
export class FrontServices implements Services {
  readonly tokens: TokenServices;
  readonly #parts: FrontParts;
  readonly #callers = new LRUCache<string, { tenant: string; secret: Buffer; scopes: ReadonlySet<Scope> } | "none">({
    max: cachedKeysMax,
    ttl: credentialsTtlMs,
  });

  constructor(parts: FrontParts) {
    this.#parts = parts;
    this.tokens = parts.tokens;
  }

  async caller(authorization: string | undefined): Promise<Caller | null> {
    const key = /^bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    if (key === undefined) return null;
    const { ingressKey } = this.#parts;
    if (key.startsWith("pkc_")) return ingressKey !== null && sameSecret(key, ingressKey) ? { kind: "connector" } : null;
    if (key.startsWith("pko_")) return sameSecret(key, this.#parts.operatorKey) ? { kind: "operator" } : null;
    const match = /^pk_([0-9a-z]{16})_([0-9a-z]{32})$/.exec(key);
    if (match === null) return null;
    let held = this.#callers.get(match[1]!);
    if (held === undefined) {
      const row = await this.#parts.admin.apiKey(match[1]!);
      held = row === null ? "none" : { tenant: row.tenant, secret: row.secret_sha256, scopes: new Set(row.scopes) };
      this.#callers.set(match[1]!, held);
    }
    if (held === "none" || !timingSafeEqual(held.secret, secretHash(match[2]!))) return null;
    return { kind: "tenant", tenant: held.tenant, key: match[1]!, scopes: held.scopes };
  }

  receiveHook(id: string, request: HookRequest): Promise<Received> {
    return tracedHook(this.#parts.spans, (seen) => this.#receiveHook(id, request, seen));
  }

  /** Without an await where nothing has to be waited for but the commit: each would cost every webhook. */
  #receiveHook(id: string, request: HookRequest, seen: SeenHook | null): Promise<Received> {
    try {
      refuseWhenFull(this.#parts.inbox);
      const endpoint = this.#parts.endpoints.of(id);
      return endpoint instanceof Promise
        ? endpoint.then((found) => this.#receiveAt(found, request, seen))
        : this.#receiveAt(endpoint, request, seen);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #receiveAt(endpoint: Endpoint | "none", request: HookRequest, seen: SeenHook | null): Promise<Received> {
    if (endpoint === "none") throw new ProblemError("not_found");
    if (seen !== null) seen.source = endpoint.source;
    const retryAfterS = this.#parts.rateLimit.take(endpoint.tenant, this.#parts.now());
    if (retryAfterS > 0) throw new ProblemError("rate_limited", { retryAfterS });
    const contentType = request.headers["content-type"] ?? "";
    const codec = codecs.get(endpoint.source);
    if (codec !== undefined && !takesType(codec.contentTypes, contentType)) throw new ProblemError("unsupported_media_type");
    if (endpoint.verify(request)) return this.#receiveVerified(endpoint, request, seen);
    return this.#verifiedInflated(endpoint, request).then((isVerified) => {
      if (isVerified) return this.#receiveVerified(endpoint, request, seen);
      this.#parts.metrics.received.inc({ source: endpoint.source, outcome: "unauthenticated" });
      throw new ProblemError("not_authenticated");
    });
  }

  /** Senders sign what they send; some sign before a proxy of theirs compresses. Either is authentic. */
  async #verifiedInflated(endpoint: Endpoint, request: HookRequest): Promise<boolean> {
    const encoding = request.headers["content-encoding"] ?? "";
    return !isPlain(encoding) && endpoint.verify({ ...request, body: await inflated(request.body, encoding) });
  }

  #receiveVerified({ id, tenant, source }: Endpoint, { headers, body }: HookRequest, seen: SeenHook | null): Promise<Received> {
    const key = headers["idempotency-key"];
    const received = {
      tenant,
      endpoint: id,
      source,
      body,
      contentType: headers["content-type"] ?? "",
      contentEncoding: headers["content-encoding"] ?? "",
      idempotencyKey: typeof key === "string" ? key : null,
    };
    if (seen === null) return this.#parts.intake.receive(received);
    return tracedWait(seen, body.length, () => this.#parts.intake.receive(received));
  }

  async receiveCaptured(tenant: string, source: string, body: Buffer, contentType: string): Promise<Received> {
    refuseWhenFull(this.#parts.inbox);
    if (!isSource(source)) throw new ProblemError("unknown_source");
    return this.#parts.intake.receive({
      tenant,
      endpoint: `captured:${source}`,
      source,
      body,
      contentType,
      contentEncoding: "",
      idempotencyKey: null,
    });
  }

  async registerShipment(
    tenant: string,
    input: Parameters<Services["registerShipment"]>[1],
    idempotencyKey: string | null,
  ): Promise<Received> {
    refuseWhenFull(this.#parts.inbox);
    const retryAfterS = this.#parts.rateLimit.take(tenant, this.#parts.now());
    if (retryAfterS > 0) throw new ProblemError("rate_limited", { retryAfterS });
    const request = {
      tenant,
      endpoint: "api:shipments",
      source: apiSource,
      body: Buffer.from(JSON.stringify(input)),
      contentType: "application/json",
      contentEncoding: "",
      idempotencyKey,
    };
    return this.#parts.intake.receive(request);
  }

  shipment(tenant: string, id: string): Awaitable<Buffer | null> {
    return this.#parts.views.shipment(tenant, id);
  }

  track(publicId: string): Awaitable<Buffer | null> {
    return this.#parts.views.track(publicId);
  }

  async shipmentsByNumber(tenant: string, carrier: string | null, number: string): Promise<readonly ShipmentView[]> {
    const known = await this.#numberToken(tenant, number);
    if (known === undefined) return [];
    const token = formatToken(this.#parts.cell, "trackingNumber", known.token);
    const rows = await this.#parts.reads.shipmentsByNumber(tenant, [token]);
    const views = rows.map(shipmentView);
    // A carrier that nobody has named yet does not hide a shipment; an aggregator's or shop's id is no carrier and filters nothing.
    return carrier === null || !isCarrierId(carrier) ? views : views.filter((view) => view.carrier === null || view.carrier === carrier);
  }

  /** What is not found may stand under a newer key of the index than this process knows. */
  async #numberToken(tenant: string, number: string): Promise<{ readonly token: Buffer } | undefined> {
    const { tenantKeys } = this.#parts;
    const keys = await tenantKeys.of(tenant).catch(busyWithoutKeys);
    const known = await this.#tokenUnder(tenant, keys, number);
    if (known !== undefined) return known;
    const newest = await tenantKeys.renewed(tenant).catch(busyWithoutKeys);
    return newest === keys ? undefined : this.#tokenUnder(tenant, newest, number);
  }

  async #tokenUnder(tenant: string, keys: IndexKeys, number: string): Promise<{ readonly token: Buffer } | undefined> {
    const blinds = [keys.blind("trackingNumber", number), keys.formerBlind("trackingNumber", number)];
    const [known] = await this.#parts.reads.tokensOf(
      tenant,
      blinds.flatMap((blind) => (blind === null ? [] : [Buffer.from(blind, "latin1")])),
    );
    return known;
  }

  async shipmentsPage(tenant: string, cursor: string | null, limit: number): Promise<Page<ShipmentView>> {
    const rows = await this.#parts.reads.shipmentsPage(tenant, readCursor(cursor), limit);
    const last = rows.at(-1);
    return {
      items: rows.map(shipmentView),
      next: rows.length < limit || last === undefined ? null : writeCursor({ at: last.created_at, id: last.id }),
    };
  }

  async receipt(tenant: string, id: string) {
    const row = await this.#parts.reads.receipt(tenant, id);
    if (row === null) return null;
    const state = ({ a: "accepted", p: "processed", q: "quarantined" } as const)[row.state];
    return {
      receipt: row.id,
      state,
      source: row.source,
      receivedAt: row.received_at.toISOString(),
      reason: row.failure,
      shipments: [...new Set(row.shipments)],
    };
  }

  async createTenant(name: string, owner: string | null): Promise<{ tenant: string; apiKey: string }> {
    const { row, apiKey } = newApiKey(scopes, owner);
    return { tenant: await ofKnownOwner(this.#parts.admin.createTenant(name, row)), apiKey };
  }

  tenantExists(tenant: string): Promise<boolean> {
    return this.#parts.admin.tenantExists(tenant);
  }

  issueAccessToken(clientId: string, clientSecret: string): ReturnType<FrontEndpoints["issueAccessToken"]> {
    return this.#parts.endpoints.issueAccessToken(clientId, clientSecret);
  }

  createEndpoint(tenant: string, input: NewEndpointInput, idempotencyKey: string | null): ReturnType<FrontEndpoints["create"]> {
    return this.#parts.endpoints.create(tenant, input, idempotencyKey);
  }

  endpoints(tenant: string): ReturnType<FrontEndpoints["list"]> {
    return this.#parts.endpoints.list(tenant);
  }

  get webhooks(): FrontWebhooks {
    return this.#parts.webhooks;
  }

  get carrierAccounts(): FrontCarrierAccounts {
    return this.#parts.carrierAccounts;
  }

  get deadLetters(): DeadLetters {
    return this.#parts.deadLetters;
  }

  get exports(): Exports {
    return this.#parts.exports;
  }

  get approvals(): Approvals {
    return this.#parts.approvals;
  }

  get carriers(): FrontCarriers {
    return this.#parts.carriers;
  }

  get audit(): AuditReads {
    return this.#parts.audit;
  }

  get operators(): Operators {
    return this.#parts.operators;
  }

  get apiKeys(): ApiKeys {
    return this.#parts.apiKeys;
  }

  get persons(): FrontPersons {
    return this.#parts.persons;
  }

  metrics(): Promise<string> {
    return this.#parts.metricsText();
  }

  notReady(): Promise<string | null> {
    return this.#parts.notReady();
  }
}

function takesType(types: readonly ("json" | "xml")[], contentType: string): boolean {
  if (contentType === "application/json" && types.includes("json")) return true;
  const type = contentType.split(";")[0]!.trim().toLowerCase();
  if (type === "") return true;
  return (
    types.some((each) => type === `application/${each}` || type === `text/${each}` || type.endsWith(`+${each}`)) ||
    (type === "application/x-www-form-urlencoded" && types.includes("json"))
  );
}
