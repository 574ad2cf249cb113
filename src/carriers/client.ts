/**
 * How a carrier is asked for tracking; pure, no I/O and no clock: the outbound process sends what it builds through the egress guard. One
 * file `client.ts` in each source's folder, exported as `client`.
 */
export interface CarrierClient {
  /** Folder name under `src/carriers/`; answers are ingested as this source's. */
  readonly source: string;
  /** Production address, without a slash at the end; a setting may point it at the simulator. */
  readonly baseUrl: string;
  /** Most numbers in one call. */
  readonly batchMax: number;
  /** Names of the credential's parts, such as `clientId` and `clientSecret`; all secret. */
  readonly credentialFields: readonly string[];
  /** The call that gets an access token, where the carrier wants one; then {@link readToken} stands too. */
  readonly tokenRequest?: (credentials: Credentials, baseUrl: string) => ClientRequest;
  readonly readToken?: (answer: ClientAnswer) => AccessToken | ClientFailure;
  /**
   * @param numbers 1 to {@link batchMax}, as the carrier issued them.
   * @param token of {@link tokenRequest}, null where the carrier wants none.
   */
  trackRequest(numbers: readonly string[], credentials: Credentials, token: string | null, baseUrl: string): ClientRequest;
  /**
   * What the answer means for the call. It reads no personal data out of it: the body goes to ingress as it is. Never throws on any bytes.
   * @param numbers those of the request.
   */
  readTrackAnswer(answer: ClientAnswer, numbers: readonly string[]): TrackOutcome;
  /** Where the carrier offers one. */
  readonly feed?: ChangeFeed;
}

/** What changed of a customer's parcels in a stretch of time: asked without any number, and answered with all of them at once. */
export interface ChangeFeed {
  /** Part of the credential that the feed needs beside the others; an account without it has no feed. */
  readonly credentialField: string;
  readonly everyMs: number;
  /** Longest stretch of one call, and how far back it may begin. */
  readonly windowMaxMs: number;
  readonly backMaxMs: number;
  /** @param from epoch milliseconds, as `to`. */
  request(from: number, to: number, credentials: Credentials, baseUrl: string): ClientRequest;
  /** Never throws on any bytes. */
  readAnswer(answer: ClientAnswer): { readonly kind: "answered"; readonly payloads: readonly Uint8Array[] } | ClientFailure;
}

/** A credential's parts by the names of {@link CarrierClient.credentialFields}; all of them are there. Never logged. */
export type Credentials = Readonly<Record<string, string>>;

export interface ClientRequest {
  readonly method: "GET" | "POST";
  /** Whole, beginning with the base address. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Constant texts in the URL, headers and body that are the same whoever is asked about, such as a parameter's value: the guard lets these pass as they are. */
  readonly literals: readonly string[];
}

export interface ClientAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface AccessToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** What went wrong with a whole call, by what the caller does next. */
export type ClientFailure =
  /** Token expired or credential refused: once with a new token, then a person. */
  | { readonly kind: "unauthorised" }
  /** Over a limit of the carrier's. `retryAfterMs`: what it asked for; null where it did not say. */
  | { readonly kind: "rate-limited"; readonly retryAfterMs: number | null }
  /** 5xx, or a 200 that says the same: later. */
  | { readonly kind: "unavailable"; readonly retryAfterMs: number | null }
  /** Not what the carrier documents: later and counted, since retrying at once brings the same. */
  | { readonly kind: "malformed" };

export type TrackOutcome =
  | {
      readonly kind: "answered";
      /** Those of the asked numbers that the carrier does not know (yet). One bad number among many is no failure of the call. */
      readonly notFound: readonly string[];
      /** What goes to ingress, one record each; usually the whole body, none where there is nothing to keep. */
      readonly payloads: readonly Uint8Array[];
    }
  | ClientFailure;

/**
 * What the answer's `Retry-After` asks for (RFC 9110, section 10.2.3): seconds, or a date, which is read by the clock of the answer's own `Date`
 * header. @returns null where it is missing or neither.
 */
export function retryAfterMs(answer: ClientAnswer): number | null {
  const value = answer.headers["retry-after"]?.trim();
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const waitMs = Date.parse(value) - Date.parse(answer.headers["date"] ?? "");
  return Number.isNaN(waitMs) ? null : Math.max(0, waitMs);
}
