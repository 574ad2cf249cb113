import { LRUCache } from "lru-cache";
import { type Credentials, type KeySet, verifier } from "../../ingress/authentication.ts";
import { ProblemError } from "../../ingress/problems.ts";
import { publicKeySet } from "../../ingress/rsa-signature.ts";
import type { HookRequest, MaybeNow, NewEndpointInput } from "../../ingress/services.ts";
import type { AdminStore } from "../../store/admin-store.ts";
import type { ReadStore } from "../../store/read-store.ts";
import { addressList } from "../outbound/address-list.ts";
import type { CredentialBox } from "./endpoint-credentials.ts";
import { randomLetters, sameSecret } from "./secret-text.ts";
import { codecs, isSource, unknownSource } from "../intake/sources.ts";

const accessTokenS = 3600;
const cachedEndpointsMax = 50_000;
/** A revoked endpoint stops working within this time. */
const credentialsTtlMs = 5_000;
const unknownIdTtlMs = 1_000;
/** How often the clock is read for what is held; more often, a busy front would set a timer in each millisecond. What is held ends so much earlier. */
const clockMs = 100;
/** A key that is not in its sender's set is told so often. */
const missEveryMs = 10_000;

/** An endpoint that a request came to. */
export interface Endpoint {
  readonly id: string;
  readonly tenant: string;
  readonly source: string;
  /** Whether a request comes from its sender. */
  readonly verify: (request: HookRequest) => boolean;
  readonly clientId: string | null;
  readonly secret: string | null;
}

export interface EndpointParts {
  /** As the ingress role: endpoints of all tenants. */
  readonly reads: Pick<ReadStore, "endpoint" | "keySet" | "missKey">;
  readonly admin: Pick<AdminStore, "createEndpoint" | "endpointsOf" | "wantKeySet">;
  readonly credentials: CredentialBox;
  readonly publicUrl: () => string;
  readonly now: () => number;
}

/** Inbound addresses: made with their credentials, and looked up with how their sources prove themselves. */
export class FrontEndpoints {
  readonly #parts: EndpointParts;
  readonly #endpoints = new LRUCache<string, Endpoint | "none">({
    max: cachedEndpointsMax,
    ttl: credentialsTtlMs - clockMs,
    ttlResolution: clockMs,
  });
  readonly #loading = new Map<string, Promise<Endpoint | "none">>();
  /** By address; there are as many as senders with a published key set. */
  readonly #missedAt = new Map<string, number>();

  constructor(parts: EndpointParts) {
    this.#parts = parts;
  }

  /** At once where it is known. */
  of(id: string): MaybeNow<Endpoint | "none"> {
    return this.#held(id) ?? this.#load(id);
  }

  /** One that is in use is looked up again before it expires, so that no request waits for it. */
  #held(id: string): Endpoint | "none" | undefined {
    const held = this.#endpoints.get(id);
    // Should this fail, the entry expires and the request that finds it gone says so.
    if (held !== undefined && held !== "none" && this.#endpoints.getRemainingTTL(id) < credentialsTtlMs / 2) this.#load(id).catch(() => {});
    return held;
  }

  /** Requests at the same time share one look-up. */
  #load(id: string): Promise<Endpoint | "none"> {
    let loading = this.#loading.get(id);
    if (loading === undefined) {
      loading = this.#read(id).finally(() => this.#loading.delete(id));
      this.#loading.set(id, loading);
    }
    return loading;
  }

  async #read(id: string): Promise<Endpoint | "none"> {
    const row = /^ep_[0-9a-z]{20}$/.test(id) ? await this.#parts.reads.endpoint(id) : null;
    if (row === null || !isSource(row.source)) {
      this.#endpoints.set(id, "none", { ttl: unknownIdTtlMs - clockMs });
      return "none";
    }
    const credentials = await this.#withFetchedKeys(this.#parts.credentials.open(id, row.sealed_credentials));
    const scheme = codecs.get(row.source)?.authentication ?? { kind: "shared-secret" as const, headers: ["x-api-key"] };
    const open = credentials.secret === null && credentials.clientId === null && credentials.keySet === undefined;
    const verify = verifier(open ? { kind: "none" } : scheme, credentials, {
      accessTokenValid: (token) => this.#parts.credentials.tokenIsValid(id, token, this.#parts.now()),
      now: () => this.#parts.now(),
      keyMissed: () => this.#missKey(credentials.keySet?.url ?? null),
    });
    const trusted = row.allow_from.length === 0 ? null : addressList(row.allow_from);
    const endpoint: Endpoint = {
      id,
      tenant: row.tenant,
      source: row.source,
      clientId: credentials.clientId,
      secret: credentials.secret,
      verify: ({ headers, body, query, remoteAddress }) => (trusted === null || trusted(remoteAddress)) && verify(headers, body, query),
    };
    this.#endpoints.set(id, endpoint);
    return endpoint;
  }

  /** An address of a key set stands for what was last fetched from there. */
  async #withFetchedKeys(credentials: Credentials): Promise<Credentials> {
    const url = credentials.keySet?.url ?? null;
    return url === null ? credentials : { ...credentials, keySet: { url, pinned: await this.#parts.reads.keySet(url) } };
  }

  /** At most so often for each address, whoever sends what: a sender that changed its keys sends again. */
  #missKey(url: string | null): void {
    if (url === null || this.#parts.now() - (this.#missedAt.get(url) ?? -Infinity) < missEveryMs) return;
    this.#missedAt.set(url, this.#parts.now());
    // Should this fail, the next request tells it.
    this.#parts.reads.missKey(url).catch(() => this.#missedAt.delete(url));
  }

  async issueAccessToken(clientId: string, clientSecret: string): Promise<{ token: string; expiresInS: number } | null> {
    // The client id of an endpoint is the endpoint's own id, or ends with it after a slash where the sender's console asks for another.
    const id = clientId.slice(clientId.lastIndexOf("/") + 1);
    const endpoint = this.#held(id) ?? (await this.#load(id));
    if (endpoint === "none" || endpoint.clientId === null || endpoint.secret === null) return null;
    if (!sameSecret(clientId, endpoint.clientId) || !sameSecret(clientSecret, endpoint.secret)) return null;
    return { token: this.#parts.credentials.issueToken(endpoint.id, this.#parts.now() + accessTokenS * 1000), expiresInS: accessTokenS };
  }

  /** With an Idempotency-Key the id and the secret that is made up follow from it, so a repetition finds its own endpoint and answers the same. */
  async create(tenant: string, input: NewEndpointInput, idempotencyKey: string | null) {
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
    const keySet = authentication?.kind === "rsa-sha256" && !open ? keySetOf(input.jwks, authentication.keySetUrls) : undefined;
    // Before the endpoint: nothing depends on it, and an endpoint whose set nobody fetches would never let its sender in.
    if (keySet !== undefined && keySet.url !== null) await this.#parts.admin.wantKeySet(keySet.url, input.source);
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
    const row = await this.#parts.reads.endpoint(id);
    if (row === null || row.source !== source) return false;
    const held = this.#parts.credentials.open(id, row.sealed_credentials);
    return (
      held.secret === credentials.secret &&
      held.clientId === credentials.clientId &&
      JSON.stringify(row.allow_from) === JSON.stringify(allowFrom)
    );
  }

  async list(tenant: string) {
    const rows = await this.#parts.admin.endpointsOf(tenant);
    return rows.map(({ id, source }) => ({ id, source, url: `${this.#parts.publicUrl()}/v1/hooks/${id}` }));
  }
}

/**
 * The key set of a new endpoint. An address is only noted: the process that may call out fetches it within moments, and until then nothing verifies.
 * @throws {ProblemError} `invalid_field` for none, one without a usable key, or an address that is not the sender's.
 */
function keySetOf(jwks: NewEndpointInput["jwks"], urls: readonly string[]): KeySet {
  if (typeof jwks === "string") {
    const href = URL.parse(jwks)?.href;
    if (href !== undefined && urls.includes(href)) return { pinned: null, url: href };
  } else if (jwks !== undefined) {
    const pinned = publicKeySet(JSON.stringify(jwks));
    if (pinned !== null) return { pinned, url: null };
  }
  const detail = `a JSON Web Key Set with RSA keys of 2048 bits or more, each with its kid, or the address of the sender's: ${urls.join(" or ")}`;
  throw new ProblemError("invalid_field", { errors: [{ pointer: "#/jwks", detail }] });
}
