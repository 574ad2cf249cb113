import type { Happened, SimulatedParcel, Stage } from "./life.ts";

/** One carrier's tracking interface as a client meets it: its credential, paths, batch size, quotas and the bodies it answers with. Pure. */
export interface SimulatedCarrier {
  /** The product's id for it. */
  readonly source: string;
  /** Most numbers that one call may ask for. */
  readonly batchMax: number;
  /** Where it delivers, ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Parts of a credential, by the names that the product gives them. */
  readonly credentialFields: readonly string[];
  readonly quotas: readonly SimulatedQuota[];
  /** What its answers can say of a parcel. */
  readonly stages: ReadonlySet<Stage>;
  /** Where it hands out access tokens, for those that do. */
  readonly token?: TokenEndpoint;
  /** @param isLive whether a token was handed out here and is still good. */
  authorised(call: Call, credentials: Credentials, isLive: (token: string) => boolean): boolean;
  /** The numbers asked for; null for a call that the interface does not know. */
  asked(call: Call): readonly string[] | null;
  /** A feed of what changed in a stretch of time, for those that have one; `asked` gives null for another call. */
  readonly feed?: {
    asked(call: Call): { readonly from: Date; readonly to: Date } | null;
    answer(changed: readonly Tracked[]): Reply;
  };
  /** @param missing asked for and not known here. */
  answer(found: readonly Tracked[], missing: readonly string[], call: Call): Reply;
  refused(): Reply;
  /** 429, as its gateway says it. */
  overQuota(retryAfterSeconds: number): Reply;
  /** More numbers than allowed, or a call that it does not know. */
  badRequest(): Reply;
}

export type Credentials = Readonly<Record<string, string>>;

export interface SimulatedQuota {
  readonly unit: "calls" | "numbers";
  readonly count: number;
  readonly windowMs: number;
}

export interface TokenEndpoint {
  readonly path: string;
  readonly lifeSeconds: number;
  authorised(call: Call, credentials: Credentials): boolean;
  reply(token: string, lifeSeconds: number): Reply;
}

/** A request below the carrier's base address. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A parcel as its carrier knows it by now. */
export interface Tracked {
  readonly parcel: SimulatedParcel;
  /** Oldest first, at least one. */
  readonly happened: readonly Happened[];
  readonly expectedAt: Date;
}

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) };
}

/** User and password of HTTP Basic; null without. */
function basicOf({ headers }: Call): readonly [user: string, password: string] | null {
  const found = /^Basic ([A-Za-z0-9+/=]+)$/.exec(headers["authorization"] ?? "");
  if (found === null) return null;
  const pair = Buffer.from(found[1]!, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? null : [pair.slice(0, colon), pair.slice(colon + 1)];
}

export function isBasic(call: Call, user: string | undefined, password: string | undefined): boolean {
  const pair = basicOf(call);
  return pair !== null && pair[0] === user && pair[1] === password;
}

export function bearerOf({ headers }: Call): string | null {
  return /^Bearer (\S+)$/.exec(headers["authorization"] ?? "")?.[1] ?? null;
}

export function hasLiveBearer(call: Call, isLive: (token: string) => boolean): boolean {
  const token = bearerOf(call);
  return token !== null && isLive(token);
}

/** RFC 6749, section 4.4, with the credential as Basic. */
export function basicGrant(call: Call, credentials: Credentials): boolean {
  const form = new URLSearchParams(call.body);
  return form.get("grant_type") === "client_credentials" && isBasic(call, credentials["clientId"], credentials["clientSecret"]);
}

/** RFC 6749, section 5.1. */
export function bearerReply(token: string, lifeSeconds: number): Reply {
  return json({ token_type: "Bearer", access_token: token, expires_in: lifeSeconds });
}

/** The rest of a path after its constant beginning; null where it begins otherwise. Decoded. */
export function after(path: string, beginning: string, end = ""): string | null {
  if (!path.startsWith(beginning) || !path.endsWith(end) || path.length <= beginning.length + end.length) return null;
  return decodeURIComponent(path.slice(beginning.length, path.length - end.length));
}

export function last<Item>(items: readonly Item[]): Item {
  return items.at(-1)!;
}
