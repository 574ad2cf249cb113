import { timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Awaitable } from "../cloud/tracking-cache.ts";
import { isCarrierId } from "../domain/carrier.ts";
import { queryHeader } from "../ingress/authentication.ts";
import { type ProblemCode, ProblemError } from "../ingress/problems.ts";
import type {
  AuditReads,
  Caller,
  DeadLetterFilter,
  NewEndpointInput,
  Page,
  Received,
  RetriedDeadLetters,
  Services,
  ShipmentView,
  SubjectExport,
  TokenServices,
} from "../ingress/services.ts";
import type { AdminStore } from "../store/admin-store.ts";
import type { ReadStore } from "../store/read-store.ts";
import type { IndexKeys } from "../vault/blind-index.ts";
import { type Opened, OpenerError, type OpenerErrorCode, type OpeningRequest, type OpenSubject } from "../vault/opening.ts";
import { formatToken } from "../vault/token.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { busyWithoutKeys } from "./busy-without-keys.ts";
import type { FrontCarrierAccounts } from "./front-carrier-accounts.ts";
import type { FrontCarriers } from "./front-carriers.ts";
import type { FrontWebhooks } from "./front-webhooks.ts";
import type { FrontPersons } from "./front-persons.ts";
import type { Endpoint, FrontEndpoints } from "./front-endpoints.ts";
import { inflated, isPlain } from "./inflate.ts";
import type { IntakeThreads } from "./intake-threads.ts";
import type { IngressMetrics } from "./metrics.ts";
import type { RateLimit } from "./rate-limit.ts";
import { shipmentView } from "./shipment-view.ts";
import { randomLetters, sameSecret, secretHash } from "./secret-text.ts";
import { apiSource, codecs, isSource } from "./sources.ts";
import type { TenantKeys } from "./tenant-keys.ts";
import type { TrackingViews } from "./tracking-views.ts";

/** A full inbox takes some seconds to have room again. */
const fullRetryS = 5;
const cachedKeysMax = 10_000;
/** Records in quarantine that one call opens, one process after the other: about half a second each. */
const bulkReplayMax = 50;
const listedAtOnce = 200;
/** A revoked key or endpoint stops working within this time. */
const credentialsTtlMs = 5_000;

const problemOfOpener: Readonly<Record<OpenerErrorCode, ProblemCode>> = {
  "not-permitted": "grant_required",
  "too-much": "export_too_large",
  expired: "opening_failed",
  used: "opening_failed",
  unavailable: "opening_failed",
  failed: "opening_failed",
};

export interface FrontParts {
  readonly open: OpenSubject;
  readonly intake: IntakeThreads;
  readonly tenantKeys: TenantKeys;
  readonly persons: FrontPersons;
  readonly carriers: FrontCarriers;
  readonly audit: AuditReads;
  readonly webhooks: FrontWebhooks;
  readonly carrierAccounts: FrontCarrierAccounts;
  readonly endpoints: FrontEndpoints;
  readonly reads: ReadStore;
  readonly views: TrackingViews;
  readonly tokens: TokenServices;
  readonly admin: AdminStore;
  readonly operatorKey: string;
  /** Null where no process asks carriers. */
  readonly ingressKey: string | null;
  readonly rateLimit: RateLimit;
  readonly inbox: { readonly isFull: boolean };
  readonly metrics: IngressMetrics;
  readonly cell: string;
  readonly now: () => number;
  metricsText(): Promise<string>;
  notReady(): Promise<string | null>;
}

/** Wires the HTTP interface to vault, store and index. */
export class FrontServices implements Services {
  readonly tokens: TokenServices;
  readonly #parts: FrontParts;
  readonly #callers = new LRUCache<string, { tenant: string; secret: Buffer } | "none">({ max: cachedKeysMax, ttl: credentialsTtlMs });

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
      held = row === null ? "none" : { tenant: row.tenant, secret: row.secret_sha256 };
      this.#callers.set(match[1]!, held);
    }
    if (held === "none" || !timingSafeEqual(held.secret, secretHash(match[2]!))) return null;
    return { kind: "tenant", tenant: held.tenant, key: match[1]! };
  }

  async receiveHook(id: string, request: Parameters<Services["receiveHook"]>[1]): Promise<Received> {
    this.#refuseWhenFull();
    const found = this.#parts.endpoints.of(id);
    const endpoint = found instanceof Promise ? await found : found;
    if (endpoint === "none") throw new ProblemError("not_found");
    const retryAfterS = this.#parts.rateLimit.take(endpoint.tenant, this.#parts.now());
    if (retryAfterS > 0) throw new ProblemError("rate_limited", { retryAfterS });
    const codec = codecs.get(endpoint.source) ?? null;
    const contentType = request.headers["content-type"] ?? "";
    if (codec !== null && !takesType(codec.contentTypes, contentType)) throw new ProblemError("unsupported_media_type");
    const contentEncoding = request.headers["content-encoding"] ?? "";
    // Whatever the sender may have written there, these are ours to say.
    request.headers["parcelkeep-remote"] = request.remoteAddress;
    request.headers[queryHeader] = request.query;
    if (!endpoint.verify(request.headers, request.body) && !(await this.#verifiedInflated(endpoint, request, contentEncoding))) {
      this.#parts.metrics.received.inc({ source: endpoint.source, outcome: "unauthenticated" });
      throw new ProblemError("not_authenticated");
    }
    const key = request.headers["idempotency-key"];
    return this.#parts.intake.receive({
      tenant: endpoint.tenant,
      endpoint: endpoint.id,
      source: endpoint.source,
      body: request.body,
      contentType,
      contentEncoding,
      idempotencyKey: typeof key === "string" ? key : null,
    });
  }

  /** Senders sign what they send; some sign before a proxy of theirs compresses. Either is authentic. */
  async #verifiedInflated(
    endpoint: Endpoint,
    { headers, body }: Parameters<Services["receiveHook"]>[1],
    contentEncoding: string,
  ): Promise<boolean> {
    return !isPlain(contentEncoding) && endpoint.verify(headers, await inflated(body, contentEncoding));
  }

  async receiveCaptured(tenant: string, source: string, body: Buffer, contentType: string): Promise<Received> {
    this.#refuseWhenFull();
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
    this.#refuseWhenFull();
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

  #refuseWhenFull(): void {
    if (this.#parts.inbox.isFull) throw new ProblemError("busy", { retryAfterS: fullRetryS });
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

  async deadLetters(tenant: string, cursor: string | null, limit: number) {
    const rows = await this.#parts.reads.deadLetters(tenant, readCursor(cursor), limit);
    const last = rows.at(-1);
    const items = rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      receipt: row.record,
      source: row.source,
      code: row.code,
      at: row.at.toISOString(),
      shipment: row.shipment,
      failures: row.failures,
    }));
    return { items, next: rows.length < limit || last === undefined ? null : writeCursor({ at: last.at, id: last.id }) };
  }

  async retryDeadLetter(tenant: string, id: string, source: string | null): Promise<{ readonly receipt: string | null } | null> {
    if (await this.#parts.reads.retryDeadLetter(tenant, id)) return { receipt: null };
    if ((await this.#parts.carrierAccounts.retryLetters(tenant, { ids: [id] })) > 0) return { receipt: null };
    const record = await this.#parts.reads.quarantinedRecord(tenant, id);
    return record === null ? null : { receipt: await this.#replay(tenant, id, record.endpoint, source ?? record.source) };
  }

  async retryDeadLetters(tenant: string, filter: DeadLetterFilter): Promise<RetriedDeadLetters> {
    let retried = await this.#parts.carrierAccounts.retryLetters(tenant, filter);
    let refused = 0;
    const { ids, more } = await this.#quarantined(tenant, filter);
    for (const id of ids) {
      const record = await this.#parts.reads.quarantinedRecord(tenant, id);
      if (record === null) continue;
      try {
        await this.#replay(tenant, id, record.endpoint, filter.as ?? record.source);
        retried++;
      } catch (error) {
        if (!(error instanceof ProblemError) || error.code !== "still_undecodable") throw error;
        refused++;
      }
    }
    return { retried, refused, more };
  }

  /** The newest in quarantine that fit, as many as one call takes in. */
  async #quarantined(
    tenant: string,
    { ids, source, code }: DeadLetterFilter,
  ): Promise<{ readonly ids: readonly string[]; readonly more: boolean }> {
    if (ids !== undefined) return { ids: ids.slice(0, bulkReplayMax), more: ids.length > bulkReplayMax };
    const found: string[] = [];
    for (let cursor: string | null = null; ;) {
      const page: Awaited<ReturnType<FrontServices["deadLetters"]>> = await this.deadLetters(tenant, cursor, listedAtOnce);
      for (const each of page.items) {
        if (each.kind !== "quarantined" || (source ?? each.source) !== each.source || (code ?? each.code) !== each.code) continue;
        if (found.length === bulkReplayMax) return { ids: found, more: true };
        found.push(each.id);
      }
      if (page.next === null) return { ids: found, more: false };
      cursor = page.next;
    }
  }

  /** An opener gives the record back as it was received, and it is taken in anew. Repeating it finds the same new record. */
  async #replay(tenant: string, record: string, endpoint: string, source: string): Promise<string> {
    if (!isSource(source)) throw new ProblemError("unknown_source");
    // Without a codec nothing has to be opened to know what comes of it.
    if (!codecs.has(source)) throw new ProblemError("still_undecodable");
    this.#refuseWhenFull();
    const opened = await this.#open({ tenant, record, purpose: "replay" });
    if (opened.purpose !== "replay") throw new ProblemError("opening_failed");
    const { contentType, contentEncoding, body } = opened;
    const { receipt } = await this.#parts.intake.receive({
      tenant,
      endpoint,
      source,
      contentType,
      contentEncoding,
      body: Buffer.from(body, "base64"),
      idempotencyKey: `replay|${record}|${source}`,
      isReplay: true,
    });
    await this.#parts.reads.noteReplay(tenant, record, receipt);
    return receipt;
  }

  async #open(request: OpeningRequest): Promise<Opened> {
    try {
      return await this.#parts.open(request);
    } catch (error) {
      if (error instanceof OpenerError) throw new ProblemError(problemOfOpener[error.code]);
      throw error;
    }
  }

  async createTenant(name: string): Promise<{ tenant: string; apiKey: string }> {
    const id = randomLetters(16);
    const secret = randomLetters(32);
    const tenant = await this.#parts.admin.createTenant(name, id, secretHash(secret));
    return { tenant, apiKey: `pk_${id}_${secret}` };
  }

  tenantExists(tenant: string): Promise<boolean> {
    return this.#parts.admin.tenantExists(tenant);
  }

  async exportSubject(tenant: string, subject: string): Promise<SubjectExport> {
    const opened = await this.#open({ tenant, subject, purpose: "access-export" });
    if (opened.purpose !== "access-export") throw new ProblemError("opening_failed");
    return { subject, values: opened.values, refused: opened.refused };
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

  get carriers(): FrontCarriers {
    return this.#parts.carriers;
  }

  get audit(): AuditReads {
    return this.#parts.audit;
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
