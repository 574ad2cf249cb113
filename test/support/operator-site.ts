import { createHash, randomBytes } from "node:crypto";
import type { LightMyRequestResponse } from "fastify";
import { pino } from "pino";
import type { OpenIdProvider } from "../../src/identity/open-id-provider.ts";
import { PersonDigests } from "../../src/identity/person-digests.ts";
import { relyingParty } from "../../src/identity/relying-party.ts";
import type { OperatorRole } from "../../src/domain/operator.ts";
import { buildServer } from "../../src/ingress/server.ts";
import type { Services } from "../../src/ingress/services.ts";
import { AttemptLimit } from "../../src/main/front/attempt-limit.ts";
import { FrontOperators } from "../../src/main/front/front-operators.ts";
import { ingressMetrics } from "../../src/main/metrics.ts";
import { operatorStore } from "../../src/store/operator-store.ts";
import { testDatabase } from "./database.ts";
import { type CeremonyChanges, SoftwareAuthenticator } from "./software-authenticator.ts";

const operatorKey = "pko_of_the_test";

interface Scope {
  after(work: () => Promise<void>): void;
}

/** The operators' part of the front on a database of its own: routes, services and rows are the real ones. */
export class OperatorSite {
  readonly origin: string;
  readonly operators: FrontOperators;
  readonly store: ReturnType<typeof operatorStore>;
  /** Everything that was logged. */
  readonly lines: string[] = [];
  readonly #app: Awaited<ReturnType<typeof buildServer>>;
  readonly #database: Awaited<ReturnType<typeof testDatabase>>;

  /** @param listens on a port of this machine, which is its origin then. */
  static async start(
    scope: Scope,
    {
      origin = "http://localhost:8080",
      provider = null,
      listens = false,
    }: { origin?: string; provider?: OpenIdProvider | null; listens?: boolean } = {},
  ): Promise<OperatorSite> {
    let address = origin;
    const database = await testDatabase(scope);
    const store = operatorStore(database.pool("parcelkeep_api"));
    const lines: string[] = [];
    const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
    const operators = new FrontOperators({
      store,
      digests: new PersonDigests(randomBytes(32)),
      provider,
      party: () => relyingParty(address),
      attempts: new AttemptLimit(),
      metrics: ingressMetrics(),
      log,
      now: Date.now,
    });
    const caller: Services["caller"] = async (text) => (text === `Bearer ${operatorKey}` ? { kind: "operator" } : null);
    const app = await buildServer({ caller, operators } as unknown as Services, log);
    scope.after(() => app.close());
    if (listens) address = `http://localhost:${new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port}`;
    return new OperatorSite(address, operators, store, lines, app, database);
  }

  private constructor(
    origin: string,
    operators: FrontOperators,
    store: ReturnType<typeof operatorStore>,
    lines: string[],
    app: Awaited<ReturnType<typeof buildServer>>,
    database: Awaited<ReturnType<typeof testDatabase>>,
  ) {
    this.origin = origin;
    this.operators = operators;
    this.store = store;
    this.lines = lines;
    this.#app = app;
    this.#database = database;
  }

  get owner() {
    return this.#database.pool("parcelkeep_owner");
  }

  /** A browser somewhere: attempts are bounded by address. */
  browser(): Browser {
    const remoteAddress = `10.${Array.from(randomBytes(3)).join(".")}`;
    return new Browser(this.origin, (request) => this.#app.inject({ remoteAddress, ...request }));
  }

  /** A call with the operator's key, as the command line makes it. */
  byKey(method: "GET" | "POST" | "DELETE", url: string, payload?: object): Promise<LightMyRequestResponse> {
    return this.#app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${operatorKey}` },
      ...(payload === undefined ? {} : { payload }),
    });
  }

  /** An operator who has come in by an invitation, in a browser of their own. */
  async operator(...roles: OperatorRole[]): Promise<{ browser: Browser; authenticator: SoftwareAuthenticator; id: string }> {
    const { code, operator } = (await this.byKey("POST", "/v1/operators/invitations", { roles })).json<{
      code: string;
      operator: string;
    }>();
    const browser = this.browser();
    const authenticator = new SoftwareAuthenticator(this.origin);
    const answer = await browser.enrol(authenticator, { code });
    if (answer.statusCode !== 204) throw new Error(`not enrolled: ${answer.body}`);
    return { browser, authenticator, id: operator };
  }

  /** Entries of one operator that wait for the audit log. */
  async entries(operator: string): Promise<readonly (readonly [type: string, facts: Readonly<Record<string, unknown>>])[]> {
    const { rows } = await this.owner.query<{ type: string; facts: Record<string, unknown> }>(
      "select type, facts from parcelkeep.audit_outbox where facts ->> 'operator' = $1 order by id",
      [operator],
    );
    return rows.map(({ type, facts }) => [type, facts]);
  }
}

/** The part of an answer that tests look at. */
export type SiteAnswer = Pick<LightMyRequestResponse, "statusCode" | "body" | "headers" | "cookies" | "json">;

/** What a page of ours in a browser does: it keeps cookies, and says where it comes from. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly origin: string;
  readonly #send: (request: object) => Promise<SiteAnswer>;

  constructor(origin: string, send: (request: object) => Promise<SiteAnswer>) {
    this.origin = origin;
    this.#send = send;
  }

  async call(
    method: "GET" | "POST" | "DELETE" | "PUT",
    url: string,
    payload?: object,
    headers: Readonly<Record<string, string | undefined>> = {},
  ): Promise<SiteAnswer> {
    const sent = {
      host: new URL(this.origin).host,
      ...(method === "GET" ? {} : { origin: this.origin, "sec-fetch-site": "same-origin", "parcelkeep-console": "1" }),
      ...(this.cookies.size === 0 ? {} : { cookie: Array.from(this.cookies, ([name, value]) => `${name}=${value}`).join("; ") }),
      ...headers,
    };
    const present = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined));
    const answer = await this.#send({ method, url, headers: present, ...(payload === undefined ? {} : { payload }) });
    for (const { name, value, maxAge } of answer.cookies as readonly { name: string; value: string; maxAge?: number }[]) {
      if (maxAge === 0) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  async enrol(
    authenticator: SoftwareAuthenticator,
    { code, attestation, changes }: { code?: string; attestation?: "none" | "packed"; changes?: CeremonyChanges } = {},
  ): Promise<SiteAnswer> {
    const named = code === undefined ? {} : { code };
    const options = await this.call("POST", "/v1/passkeys/options", named);
    if (options.statusCode !== 200) return options;
    const credential = authenticator.create(options.json<{ challenge: string }>().challenge, attestation, changes);
    return this.call("POST", "/v1/passkeys", { ...named, credential });
  }

  async signIn(authenticator: SoftwareAuthenticator, changes?: CeremonyChanges): Promise<SiteAnswer> {
    return this.call("POST", "/v1/sign-in", authenticator.get(await this.challenge("/v1/sign-in/options"), changes));
  }

  async stepUp(authenticator: SoftwareAuthenticator, changes?: CeremonyChanges): Promise<SiteAnswer> {
    return this.call("POST", "/v1/session/step-up", authenticator.get(await this.challenge("/v1/session/step-up/options"), changes));
  }

  async challenge(url: string): Promise<string> {
    return (await this.call("POST", url, {})).json<{ challenge: string }>().challenge;
  }

  /** Status and, of a refusal, its code. */
  async session(): Promise<{ readonly status: number; readonly roles?: readonly string[]; readonly operator?: string }> {
    const answer = await this.call("GET", "/v1/session");
    return { status: answer.statusCode, ...(answer.statusCode === 200 ? answer.json<object>() : {}) };
  }
}

/** `status code`, such as `401 sign_in_refused`. */
export function said(answer: SiteAnswer): string {
  return answer.body === "" ? String(answer.statusCode) : `${answer.statusCode} ${answer.json<{ code?: string }>().code ?? ""}`.trim();
}

/** A passkey as lists and the audit log name it. */
export function passkeyName({ credential }: SoftwareAuthenticator): string {
  return createHash("sha256").update(credential).digest("hex");
}
