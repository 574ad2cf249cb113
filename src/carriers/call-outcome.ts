import { retryAfterMs, type AccessToken, type ClientAnswer, type ClientFailure, type TrackOutcome } from "./client.ts";
import { parseJson, record, text } from "./json.ts";

export const malformed: ClientFailure = { kind: "malformed" };
export const unauthorised: ClientFailure = { kind: "unauthorised" };

/**
 * What an answer's status says of the whole call, as RFC 9110 has it.
 * @param own statuses that this carrier gives a meaning of its own; its reader looks at the body.
 * @returns null for these and for success: the body decides. A status that nothing is known of is `malformed`, so that a proxy's page for a
 * moved address makes no parcel "not found".
 */
export function failureByStatus(answer: ClientAnswer, own: readonly number[] = []): ClientFailure | null {
  const { status } = answer;
  if (own.includes(status) || (status >= 200 && status < 300)) return null;
  if (status === 401 || status === 403) return unauthorised;
  if (status === 429) return { kind: "rate-limited", retryAfterMs: retryAfterMs(answer) };
  if (status === 408 || status >= 500) return unavailable(answer);
  return malformed;
}

export function unavailable(answer: ClientAnswer): ClientFailure {
  return { kind: "unavailable", retryAfterMs: retryAfterMs(answer) };
}

/** The body as JSON; undefined, which JSON has not, where it is none. */
export function jsonBody(answer: ClientAnswer): unknown {
  const parsed = parseJson(answer.body);
  return parsed.ok ? parsed.value : undefined;
}

/** An answer whose whole body goes to ingress. */
export function answered(answer: ClientAnswer, notFound: readonly string[]): TrackOutcome {
  return { kind: "answered", notFound, payloads: [answer.body] };
}

/** An answer that says no more than that the carrier knows none of the numbers; there is nothing to keep of it. */
export function noneFound(numbers: readonly string[]): TrackOutcome {
  return { kind: "answered", notFound: numbers, payloads: [] };
}

/** Hermes says that its tokens stay below 8 KiB; no other carrier's is longer. Printable ASCII without blanks: what a header takes. */
const TOKEN = /^[\x21-\x7e]{1,12000}$/;

/**
 * An answer of a token endpoint (RFC 6749, sections 5.1 and 5.2, by which a refusal of the credential is a 400 or a 401). Some carriers write
 * the seconds as text.
 */
export function readBearerToken(answer: ClientAnswer): AccessToken | ClientFailure {
  const failure = failureByStatus(answer, [400]);
  if (failure !== null) return failure;
  if (answer.status === 400) return unauthorised;
  const body = record(jsonBody(answer));
  const token = body["access_token"];
  const expiresInSeconds = Number(text(body["expires_in"]));
  if (typeof token !== "string" || !TOKEN.test(token)) return malformed;
  return Number.isFinite(expiresInSeconds) && expiresInSeconds > 0 ? { token, expiresInSeconds } : malformed;
}

/** RFC 7617. */
export function basicAuthorisation(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`;
}

export const formType = "application/x-www-form-urlencoded";
export const jsonType = "application/json";

export function form(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString();
}

/** A credential's part by name. @throws {TypeError} where it is missing: the contract of `Credentials` is broken. */
export function part(credentials: Readonly<Record<string, string>>, name: string): string {
  const value = credentials[name];
  if (value === undefined) throw new TypeError(`a credential without ${name}`);
  return value;
}
