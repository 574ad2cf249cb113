import type { IncomingHttpHeaders } from "node:http";
import type { Category } from "../domain/category.ts";
import type { Scope } from "../domain/scope.ts";
import type { Approvals } from "./approval-services.ts";
import type { Exports } from "./export-services.ts";
import type { CarrierAccounts, Carriers } from "./carrier-services.ts";
import type { DeadLetters } from "./dead-letter-services.ts";
import type { Operators } from "./operators.ts";
import type { ShipmentInput } from "./shipment-input.ts";

/** What a request was answered with; every receipt is an acknowledgement: the record is durable. */
export interface Received {
  readonly receipt: string;
  readonly duplicate: boolean;
}

export interface HookRequest {
  readonly headers: IncomingHttpHeaders;
  /** As received, before any decompression. */
  readonly body: Buffer;
  /** Address of the peer, for endpoints that trust by address. */
  readonly remoteAddress: string;
  /** Query string as received, for sources that carry their secret in the address. Never logged. */
  readonly query: string;
}

export interface ShipmentView {
  readonly id: string;
  readonly publicId: string;
  readonly carrier: string | null;
  readonly status: string;
  readonly events: readonly unknown[];
  readonly [field: string]: unknown;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export interface ReceiptView {
  readonly receipt: string;
  readonly state: "accepted" | "processed" | "quarantined";
  readonly source: string;
  readonly receivedAt: string;
  readonly reason: string | null;
  readonly shipments: readonly string[];
}

export interface EndpointView {
  readonly id: string;
  readonly source: string;
  readonly url: string;
}

export interface NewEndpointInput {
  readonly source: string;
  readonly secret?: string;
  readonly clientId?: string;
  /** JSON Web Key Set of a source that signs with a private key, or the https address of one. */
  readonly jwks?: string | { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  readonly auth?: "none";
  readonly allowFrom?: readonly string[];
}

export const searchableCategories = ["email", "phone", "customerId", "trackingNumber", "orderReference"] as const;

export interface Identifier {
  readonly category: (typeof searchableCategories)[number];
  readonly value: string;
}

/** What is kept about a person, in numbers. */
export interface PersonView {
  /** One of the person's ids; any of them stands for all. */
  readonly id: string;
  readonly sameAs: readonly string[];
  readonly records: number;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly onHold: boolean;
  /** Different values in the shipments below, by category. */
  readonly values: Readonly<Record<string, number>>;
  /** The newest 1,000. */
  readonly shipments: readonly string[];
}

/** Why a person is erased: the grounds of GDPR, article 17(1), and the controller's own. */
export const erasureReasons = [
  "subject-request",
  "consent-withdrawn",
  "objection",
  "purpose-ended",
  "unlawful-processing",
  "legal-obligation",
  "contract-ended",
] as const;
export type ErasureReason = (typeof erasureReasons)[number];

export interface ErasureView {
  readonly erasure: string;
  readonly subject: string;
  readonly reason: string;
  readonly requestedBy: string | null;
  readonly state: string;
  /** When each state began. */
  readonly steps: Readonly<Record<string, string>>;
  /** `docs/erasure.md`. */
  readonly proof: { readonly proof: string; readonly signature: unknown } | null;
}

/** Data subjects' rights: who is kept, holds, erasure. */
export interface Persons {
  /** @param caller whose budget of misses is spent. @throws {ProblemError} `budget_exhausted` */
  search(tenant: string, caller: string, identifiers: readonly Identifier[]): Promise<readonly PersonView[]>;
  /** @returns the erasure; null where nobody has this id. */
  erase(tenant: string, subject: string, reason: ErasureReason, requestedBy: string | null): Promise<string | null>;
  erasure(tenant: string, id: string): Promise<ErasureView | null>;
  /** @returns false where nobody has this id. */
  hold(tenant: string, subject: string, reference: string | null): Promise<boolean>;
  /** @returns false where there was no hold. */
  release(tenant: string, subject: string): Promise<boolean>;
}

export interface AuditPage {
  readonly items: readonly { readonly index: number; readonly entry: unknown }[];
  /** For `before` of the next page; null on the last. */
  readonly next: string | null;
}

/** The audit log as it is read. @see the tenant's own entries, or all for null. */
export interface AuditReads {
  /** A signed note; null before the first. @param log null for the one that is open. */
  checkpoint(log: string | null): Promise<string | null>;
  /** @param path below `tile/`. @returns null where there is no such file. */
  tile(path: string): Promise<Uint8Array | null>;
  page(
    tenant: string | null,
    asked: { readonly before: number | null; readonly type: string | null; readonly limit: number },
  ): Promise<AuditPage>;
  /** Its bytes in the log; null where there is none, or none of this tenant's. */
  entry(tenant: string | null, index: number): Promise<Uint8Array | null>;
  /** A `.tlog-proof`; null as for {@link entry}, and until a checkpoint covers it. */
  proof(tenant: string | null, index: number): Promise<string | null>;
  /** Sizes of the checkpoints that have a time-stamp, the smallest first. */
  timeStamps(): Promise<readonly number[]>;
  /** A checkpoint that has one, or the authority's answer (RFC 3161); null where there is none. */
  stamped(size: number, what: "checkpoint" | "time-stamp"): Promise<Uint8Array | null>;
  /** Verifier keys, name+id+key. */
  keys(): Promise<readonly string[]>;
}

export const webhookSignatures = ["hmac", "ed25519"] as const;
export type WebhookSignature = (typeof webhookSignatures)[number];

/** A merchant's own address that is told of changed shipments. */
export interface WebhookEndpointView {
  readonly id: string;
  readonly url: string;
  readonly signature: WebhookSignature;
  readonly state: "active" | "disabled";
  /** `gone`: the receiver answered 410; `by-request`. */
  readonly disabledReason: string | null;
  /** `whpk_…` that verify, the newest first; for `hmac` none. */
  readonly publicKeys: readonly string[];
  /** Secrets that sign now: two while one is replaced. */
  readonly secrets: number;
  readonly waiting: number;
  readonly dead: number;
  readonly failuresInARow: number;
  readonly pausedUntil: string | null;
  readonly lastSuccessAt: string | null;
  readonly lastFailureAt: string | null;
  readonly lastCode: string | null;
  readonly createdAt: string;
}

export interface DeadWebhookView {
  readonly event: string;
  readonly shipment: string;
  readonly attempts: number;
  readonly code: string;
  readonly at: string;
}

/** Webhooks to merchants. Null and false: the tenant has no such endpoint. */
export interface Webhooks {
  /** @returns the endpoint, with the secret of an HMAC, which is never shown again. */
  create(tenant: string, url: string, signature: WebhookSignature): Promise<WebhookEndpointView & { readonly secret?: string }>;
  list(tenant: string): Promise<readonly WebhookEndpointView[]>;
  get(tenant: string, id: string): Promise<WebhookEndpointView | null>;
  change(
    tenant: string,
    id: string,
    change: { readonly url?: string; readonly state?: WebhookEndpointView["state"] },
  ): Promise<WebhookEndpointView | null>;
  remove(tenant: string, id: string): Promise<boolean>;
  rotate(tenant: string, id: string, overlapHours: number): Promise<(WebhookEndpointView & { readonly secret?: string }) | null>;
  /** @returns how many events are delivered once more. */
  replay(tenant: string, id: string, from: Date, to: Date): Promise<number | null>;
  dead(tenant: string, id: string, cursor: string | null, limit: number): Promise<Page<DeadWebhookView>>;
  retry(tenant: string, id: string, event: string): Promise<boolean>;
}

/** What is at hand is given at once: waiting for nothing costs a cached read a tenth of its time. */
export type MaybeNow<Value> = Value | Promise<Value>;

export interface SubjectExport {
  readonly subject: string;
  readonly values: readonly { readonly token: string; readonly category: string; readonly record: string; readonly value: string }[];
  /** What is kept and did not open, counted by reason: erased, or under a retired key. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface ApiKeyView {
  readonly key: string;
  readonly scopes: readonly Scope[];
  /** Operator who answers for it; null where nobody is known. */
  readonly owner: string | null;
  readonly createdAt: string;
  readonly revokedAt: string | null;
}

/** A tenant's keys to the API. */
export interface ApiKeys {
  /** @returns the key itself, which is never shown again. @throws {ProblemError} `invalid_field` for an owner who is no operator. */
  create(
    tenant: string,
    scopes: readonly Scope[],
    owner: string | null,
  ): Promise<{ readonly key: string; readonly apiKey: string; readonly scopes: readonly Scope[]; readonly owner: string | null }>;
  list(tenant: string): Promise<readonly ApiKeyView[]>;
  /** @returns false where the tenant has no such key. */
  revoke(tenant: string, key: string): Promise<boolean>;
}

/** Who calls the API by a key. */
export type Caller =
  | { readonly kind: "tenant"; readonly tenant: string; readonly key: string; readonly scopes: ReadonlySet<Scope> }
  | { readonly kind: "operator" }
  /** The process that asks carriers: it hands in their answers, and nothing else. */
  | { readonly kind: "connector" };

export interface TokenView {
  readonly token: string;
  readonly short: string | null;
  readonly category: Category;
  readonly version: number;
  readonly createdAt: string;
  /** The person whom the token belongs to. */
  readonly subject: string;
  readonly masked: string | null;
}

export interface FoundSubject {
  readonly token: string;
  readonly subject: string;
}

export interface TokenBatchInput {
  readonly values: readonly { readonly category: Category; readonly value: string; readonly person?: number }[];
  readonly short?: boolean;
}

export interface BeaconInput {
  readonly category: Category;
  readonly distinctValues: number;
  readonly subjects: number;
  readonly partitions?: number;
}

export interface VaultPolicyView {
  readonly masked: readonly string[];
  readonly beacons: readonly { readonly category: string; readonly bits: number; readonly partitions: number }[];
}

/** The tokens API. A caller is an API key, or the operator; budgets are each caller's own. */
export interface TokenServices {
  /** @returns JSON: `items` with a token for each value, in order. They are durable. */
  tokenise(tenant: string, caller: string, batch: TokenBatchInput, idempotencyKey: string | null): Promise<string>;
  metadata(tenant: string, token: string): Promise<TokenView | null>;
  search(
    tenant: string,
    caller: string,
    category: Category,
    value: string,
    cursor: string | null,
    limit: number,
  ): Promise<Page<FoundSubject>>;
  policy(tenant: string): Promise<VaultPolicyView>;
  /** Null where there is no such tenant. */
  setPolicy(tenant: string, masked: readonly Category[], beacons: readonly BeaconInput[]): Promise<VaultPolicyView | null>;
}

/** What the HTTP interface needs from the rest; `src/main/` provides it. Methods throw {@link ./problems.ts ProblemError}. */
export interface Services {
  readonly tokens: TokenServices;
  caller(authorization: string | undefined): Promise<Caller | null>;
  receiveHook(endpointId: string, request: HookRequest): Promise<Received>;
  /** A captured body through the same path, for the operator's `ingest`. */
  receiveCaptured(tenant: string, source: string, body: Buffer, contentType: string): Promise<Received>;
  registerShipment(tenant: string, input: ShipmentInput, idempotencyKey: string | null): Promise<Received>;
  issueAccessToken(clientId: string, clientSecret: string): Promise<{ token: string; expiresInS: number } | null>;
  shipment(tenant: string, id: string): MaybeNow<Buffer | null>;
  shipmentsByNumber(tenant: string, carrier: string | null, number: string): Promise<readonly ShipmentView[]>;
  shipmentsPage(tenant: string, cursor: string | null, limit: number): Promise<Page<ShipmentView>>;
  receipt(tenant: string, id: string): Promise<ReceiptView | null>;
  track(publicId: string): MaybeNow<Buffer | null>;
  createTenant(name: string, owner: string | null): Promise<{ tenant: string; apiKey: string }>;
  tenantExists(tenant: string): Promise<boolean>;
  /** @param idempotencyKey the same key and input give the same endpoint. @throws {ProblemError} */
  createEndpoint(
    tenant: string,
    input: NewEndpointInput,
    idempotencyKey: string | null,
  ): Promise<EndpointView & { clientId?: string; secret?: string }>;
  /** Opens everything that is kept about a subject. */
  readonly exports: Exports;
  endpoints(tenant: string): Promise<readonly EndpointView[]>;
  readonly persons: Persons;
  readonly operators: Operators;
  readonly apiKeys: ApiKeys;
  readonly carriers: Carriers;
  readonly audit: AuditReads;
  readonly webhooks: Webhooks;
  readonly carrierAccounts: CarrierAccounts;
  readonly deadLetters: DeadLetters;
  readonly approvals: Approvals;
  metrics(): Promise<string>;
  /** Why requests cannot be served now, or null when they can. */
  notReady(): Promise<string | null>;
}
