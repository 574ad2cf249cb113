import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { ProblemError } from "../../ingress/problems.ts";
import type { DeadWebhookView, Page, WebhookEndpointView, Webhooks, WebhookSignature } from "../../ingress/services.ts";
import { mayConnect } from "../../outbound/addresses.ts";
import { newSecret } from "../../outbound/webhooks/signature.ts";
import type { WebhookEndpointRow, WebhookEndpointStore } from "../../store/webhook-store.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { letterAlphabet } from "./endpoint-credentials.ts";
import type { WebhookSecrets } from "./webhook-secrets.ts";

const replayedMax = 100_000;
const endpointsMax = 20;

/** Merchants' endpoints as the API manages them. A secret is shown once, when it is made. */
export class FrontWebhooks implements Webhooks {
  readonly #store: WebhookEndpointStore;
  readonly #secrets: WebhookSecrets;
  readonly #testHosts: ReadonlySet<string>;

  constructor(store: WebhookEndpointStore, secrets: WebhookSecrets, testHosts: ReadonlySet<string>) {
    this.#store = store;
    this.#secrets = secrets;
    this.#testHosts = testHosts;
  }

  async create(tenant: string, url: string, signature: WebhookSignature) {
    const address = this.#address(url);
    if ((await this.#store.of(tenant, null)).length >= endpointsMax)
      throw new ProblemError("invalid_field", { errors: [{ pointer: "#/url", detail: `a tenant has at most ${endpointsMax} endpoints` }] });
    const id = `whe_${Array.from(randomBytes(20), (byte) => letterAlphabet[byte & 31]).join("")}`;
    const { secret, publicKey } = newSecret(signature);
    const sealed = this.#secrets.seal(id, secret);
    await this.#store.create(tenant, { id, url: address, signature: signature === "hmac" ? "h" : "e", sealed, publicKey });
    return withSecret((await this.get(tenant, id))!, secret);
  }

  async list(tenant: string): Promise<readonly WebhookEndpointView[]> {
    return (await this.#store.of(tenant, null)).map(endpointView);
  }

  async get(tenant: string, id: string): Promise<WebhookEndpointView | null> {
    const [row] = await this.#store.of(tenant, id);
    return row === undefined ? null : endpointView(row);
  }

  async change(tenant: string, id: string, { url, state }: { readonly url?: string; readonly state?: WebhookEndpointView["state"] }) {
    const letter = state === undefined ? null : state === "active" ? "a" : "d";
    const isThere = await this.#store.change(tenant, id, url === undefined ? null : this.#address(url), letter);
    return isThere ? this.get(tenant, id) : null;
  }

  remove(tenant: string, id: string): Promise<boolean> {
    return this.#store.remove(tenant, id);
  }

  async rotate(tenant: string, id: string, overlapHours: number) {
    const endpoint = await this.get(tenant, id);
    if (endpoint === null) return null;
    const { secret, publicKey } = newSecret(endpoint.signature);
    const isThere = await this.#store.rotate(tenant, id, this.#secrets.seal(id, secret), publicKey, Math.round(overlapHours * 3600));
    return isThere ? withSecret((await this.get(tenant, id))!, secret) : null;
  }

  replay(tenant: string, id: string, from: Date, to: Date): Promise<number | null> {
    return this.#store.replay(tenant, id, from, to, replayedMax);
  }

  async dead(tenant: string, id: string, cursor: string | null, limit: number): Promise<Page<DeadWebhookView>> {
    const rows = await this.#store.dead(tenant, id, readCursor(cursor), limit);
    const last = rows.at(-1);
    return {
      items: rows.map((row) => ({ ...row, at: row.at.toISOString() })),
      next: rows.length < limit || last === undefined ? null : writeCursor({ at: last.at, id: last.event }),
    };
  }

  retry(tenant: string, id: string, event: string): Promise<boolean> {
    return this.#store.retry(tenant, id, event);
  }

  /** @returns the address as a URL has it. @throws {ProblemError} `invalid_field` where nothing would ever be sent there. */
  #address(text: string): string {
    const url = URL.parse(text);
    const host = url?.hostname.replace(/^\[|\]$/g, "") ?? "";
    const isTestHost = url !== null && this.#testHosts.has(url.host);
    const isPublic = isIP(host) === 0 ? host.includes(".") : mayConnect(host, "public");
    const isTaken = url !== null && url.username === "" && url.password === "" && url.hash === "" && url.href.length <= 2000;
    if (!isTaken || !(isTestHost || (url.protocol === "https:" && isPublic)))
      throw new ProblemError("invalid_field", {
        errors: [{ pointer: "#/url", detail: "an https address on the internet, without user or fragment" }],
      });
    return url.href;
  }
}

/** An Ed25519 secret stays here; its public key is for everybody. */
function withSecret(endpoint: WebhookEndpointView, secret: string): WebhookEndpointView & { readonly secret?: string } {
  return endpoint.signature === "hmac" ? { ...endpoint, secret } : endpoint;
}

function endpointView(row: WebhookEndpointRow): WebhookEndpointView {
  return {
    id: row.id,
    url: row.url,
    signature: row.signature === "h" ? "hmac" : "ed25519",
    state: row.state === "a" ? "active" : "disabled",
    disabledReason: row.disabled_reason,
    publicKeys: row.public_keys,
    secrets: Number(row.secrets),
    waiting: Number(row.waiting),
    dead: Number(row.dead),
    failuresInARow: row.failures,
    pausedUntil: row.paused_until?.toISOString() ?? null,
    lastSuccessAt: row.last_success_at?.toISOString() ?? null,
    lastFailureAt: row.last_failure_at?.toISOString() ?? null,
    lastCode: row.last_code,
    createdAt: row.created_at.toISOString(),
  };
}
