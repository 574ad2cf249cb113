import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Awaitable } from "../cloud/tracking-cache.ts";
import { isCarrierId } from "../domain/carrier.ts";
import { type Credentials, queryHeader, verifier, type KeySet, type Verify } from "../ingress/authentication.ts";
import { type ProblemCode, ProblemError } from "../ingress/problems.ts";
import { rsaKeys } from "../ingress/rsa-signature.ts";
import type {
  AuditReads,
  Caller,
  NewEndpointInput,
  Page,
  Received,
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
import { addressList } from "./address-list.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { busyWithoutKeys } from "./busy-without-keys.ts";
import type { FrontCarrierAccounts } from "./front-carrier-accounts.ts";
import type { FrontCarriers } from "./front-carriers.ts";
import type { FrontWebhooks } from "./front-webhooks.ts";
import type { FrontPersons } from "./front-persons.ts";
import { type CredentialBox, letterAlphabet as crockford } from "./endpoint-credentials.ts";
import { inflated, isPlain } from "./inflate.ts";
import type { IntakeThreads } from "./intake-threads.ts";
import type { IngressMetrics } from "./metrics.ts";
import type { RateLimit } from "./rate-limit.ts";
import { shipmentView } from "./shipment-view.ts";
import { apiSource, codecs, isSource, unknownSource } from "./sources.ts";
import type { TenantKeys } from "./tenant-keys.ts";
import type { TrackingViews } from "./tracking-views.ts";

const accessTokenS = 3600;
/** A full inbox takes some seconds to have room again. */
const fullRetryS = 5;
const cachedEndpointsMax = 50_000;
const cachedKeysMax = 10_000;
/** A revoked key or endpoint stops working within this time. */
const credentialsTtlMs = 5_000;
const unknownIdTtlMs = 1_000;

interface Endpoint {
  readonly id: string;
  readonly tenant: string;
  readonly source: string;
  readonly verify: Verify;
  readonly clientId: string | null;
  readonly secret: string | null;
}

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
  /** As the ingress role: endpoints of all tenants. */
  readonly ingressReads: Pick<ReadStore, "endpoint">;
  readonly reads: ReadStore;
  readonly views: TrackingViews;
  readonly tokens: TokenServices;
  readonly admin: AdminStore;
  readonly credentials: CredentialBox;
  readonly operatorKey: string;
  /** Null where no process asks carriers. */
  readonly ingressKey: string | null;
  readonly rateLimit: RateLimit;
  readonly inbox: { readonly isFull: boolean };
  readonly metrics: IngressMetrics;
  readonly cell: string;
  readonly publicUrl: () => string;
  readonly now: () => number;
  metricsText(): Promise<string>;
  notReady(): Promise<string | null>;
}

/** Wires the HTTP interface to vault, store and index. */
export class FrontServices implements Services {
  readonly tokens: TokenServices;
  readonly #parts: FrontParts;
  readonly #endpoints = new LRUCache<string, Endpoint | "none">({ max: cachedEndpointsMax, ttl: credentialsTtlMs });
  readonly #loading = new Map<string, Promise<Endpoint | "none">>();
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
    const endpoint = this.#heldEndpoint(id) ?? (await this.#loadEndpoint(id));
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

  async issueAccessToken(clientId: string, clientSecret: string): Promise<{ token: string; expiresInS: number } | null> {
    // The client id of an endpoint is the endpoint's own id, or ends with it after a slash where the sender's console asks for another.
    const id = clientId.slice(clientId.lastIndexOf("/") + 1);
    const endpoint = this.#heldEndpoint(id) ?? (await this.#loadEndpoint(id));
    if (endpoint === "none" || endpoint.clientId === null || endpoint.secret === null) return null;
    if (!sameSecret(clientId, endpoint.clientId) || !sameSecret(clientSecret, endpoint.secret)) return null;
    return { token: this.#parts.credentials.issueToken(endpoint.id, this.#parts.now() + accessTokenS * 1000), expiresInS: accessTokenS };
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

  /** With an Idempotency-Key the id and the secret that is made up follow from it, so a repetition finds its own endpoint and answers the same. */
  async createEndpoint(tenant: string, input: NewEndpointInput, idempotencyKey: string | null) {
    if (!isSource(input.source)) throw new ProblemError("unknown_source");
    const authentication = codecs.get(input.source)?.authentication;
    const senderRanges = authentication?.kind === "by-set-up" ? authentication.senderRanges : [];
    // Without a secret a sender with addresses of its own is known by those.
    const byAddress = input.secret === undefined && senderRanges.length > 0;
    const allowFrom = input.allowFrom ?? (byAddress ? senderRanges : []);
    try {
      addressList(allowFrom);
    } catch {
      throw new ProblemError("invalid_field", { errors: [{ pointer: "#/allowFrom", detail: "addresses or CIDR blocks" }] });
    }
    // Whoever trusts everybody has to say so (0.0.0.0/0).
    if (input.auth === "none" && allowFrom.length === 0)
      throw new ProblemError("invalid_field", { errors: [{ pointer: "#/allowFrom", detail: "needed without authentication" }] });
    const letters = (what: string, count: number): string =>
      idempotencyKey === null ? randomLetters(count) : this.#parts.credentials.lettersFor(`${what}|${tenant}|${idempotencyKey}`, count);
    const id = `ep_${letters("id", 20)}`;
    const scheme = authentication?.kind ?? "shared-secret";
    // A source without authentication must at least be named by its addresses.
    const open =
      input.auth === "none" || ((input.source === unknownSource || byAddress) && input.secret === undefined && allowFrom.length > 0);
    const keySet = authentication?.kind === "rsa-sha256" && !open ? keySetOf(input.jwks, authentication.keySetHosts) : undefined;
    const secret = open || keySet !== undefined ? null : (input.secret ?? letters("secret", 40));
    const clientId = scheme === "oauth-client" && !open ? (input.clientId === undefined ? id : `${input.clientId}/${id}`) : null;
    const credentials = { secret, clientId, ...(keySet === undefined ? {} : { keySet }) };
    const sealed = this.#parts.credentials.seal(id, credentials);
    const isNew = await this.#parts.admin.createEndpoint({ id, tenant, source: input.source, sealedCredentials: sealed, allowFrom });
    if (!isNew && !(await this.#isEndpoint(id, input.source, allowFrom, credentials))) throw new ProblemError("idempotency_key_reused");
    const view = { id, source: input.source, url: `${this.#parts.publicUrl()}/v1/hooks/${id}` };
    return {
      ...view,
      ...(clientId === null ? {} : { clientId, tokenUrl: `${this.#parts.publicUrl()}/v1/oauth/token` }),
      ...(secret === null || input.secret !== undefined ? {} : { secret }),
    };
  }

  async #isEndpoint(id: string, source: string, allowFrom: readonly string[], credentials: Credentials): Promise<boolean> {
    const row = await this.#parts.ingressReads.endpoint(id);
    if (row === null || row.source !== source) return false;
    const held = this.#parts.credentials.open(id, row.sealed_credentials);
    return (
      held.secret === credentials.secret &&
      held.clientId === credentials.clientId &&
      JSON.stringify(row.allow_from) === JSON.stringify(allowFrom)
    );
  }

  tenantExists(tenant: string): Promise<boolean> {
    return this.#parts.admin.tenantExists(tenant);
  }

  async exportSubject(tenant: string, subject: string): Promise<SubjectExport> {
    const opened = await this.#open({ tenant, subject, purpose: "access-export" });
    if (opened.purpose !== "access-export") throw new ProblemError("opening_failed");
    return { subject, values: opened.values, refused: opened.refused };
  }

  async endpoints(tenant: string) {
    const rows = await this.#parts.admin.endpointsOf(tenant);
    return rows.map(({ id, source }) => ({ id, source, url: `${this.#parts.publicUrl()}/v1/hooks/${id}` }));
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

  /** One that is in use is looked up again before it expires, so that no request waits for it. */
  #heldEndpoint(id: string): Endpoint | "none" | undefined {
    const held = this.#endpoints.get(id);
    // Should this fail, the entry expires and the request that finds it gone says so.
    if (held !== undefined && held !== "none" && this.#endpoints.getRemainingTTL(id) < credentialsTtlMs / 2)
      this.#loadEndpoint(id).catch(() => {});
    return held;
  }

  /** Requests at the same time share one look-up. */
  #loadEndpoint(id: string): Promise<Endpoint | "none"> {
    let loading = this.#loading.get(id);
    if (loading === undefined) {
      loading = this.#readEndpoint(id).finally(() => this.#loading.delete(id));
      this.#loading.set(id, loading);
    }
    return loading;
  }

  async #readEndpoint(id: string): Promise<Endpoint | "none"> {
    const row = /^ep_[0-9a-z]{20}$/.test(id) ? await this.#parts.ingressReads.endpoint(id) : null;
    if (row === null || !isSource(row.source)) {
      this.#endpoints.set(id, "none", { ttl: unknownIdTtlMs });
      return "none";
    }
    const credentials = this.#parts.credentials.open(id, row.sealed_credentials);
    const scheme = codecs.get(row.source)?.authentication ?? { kind: "shared-secret" as const, headers: ["x-api-key"] };
    const open = credentials.secret === null && credentials.clientId === null && credentials.keySet === undefined;
    const verify = verifier(open ? { kind: "none" } : scheme, credentials, {
      accessTokenValid: (token) => this.#parts.credentials.tokenIsValid(id, token, this.#parts.now()),
      now: () => this.#parts.now(),
    });
    const trusted = row.allow_from.length === 0 ? null : addressList(row.allow_from);
    const endpoint: Endpoint = {
      id,
      tenant: row.tenant,
      source: row.source,
      clientId: credentials.clientId,
      secret: credentials.secret,
      verify: (headers, body) => (trusted === null || trusted(String(headers["parcelkeep-remote"]))) && verify(headers, body),
    };
    this.#endpoints.set(id, endpoint);
    return endpoint;
  }
}

/**
 * The key set of a new endpoint. An address is only noted: whoever may call out fetches it later, and until then nothing verifies.
 * @throws {ProblemError} `invalid_field` for none, one without a usable key, or an address that is not the sender's.
 */
function keySetOf(jwks: NewEndpointInput["jwks"], hosts: readonly string[]): KeySet {
  if (typeof jwks === "string") {
    const url = URL.canParse(jwks) ? new URL(jwks) : null;
    if (url !== null && url.protocol === "https:" && url.port === "" && hosts.includes(url.hostname))
      return { pinned: null, url: url.href };
  } else if (jwks !== undefined) {
    const pinned = JSON.stringify({ keys: jwks.keys.map(({ kty, kid, use, n, e }) => ({ kty, kid, use, n, e })) });
    if (rsaKeys(pinned) !== null) return { pinned, url: null };
  }
  const detail = `a JSON Web Key Set with RSA keys of 2048 bits or more, each with its kid, or an https address at ${hosts.join(" or ")}`;
  throw new ProblemError("invalid_field", { errors: [{ pointer: "#/jwks", detail }] });
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

function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(secretHash(given), secretHash(expected));
}

function randomLetters(count: number): string {
  return Array.from(randomBytes(count), (byte) => crockford[byte & 31]).join("");
}

/** Hash of an API key's secret as it is kept. The secret has 160 random bits, so no slow hash is needed. */
function secretHash(secret: string): Buffer {
  return hash("sha256", secret, "buffer");
}
