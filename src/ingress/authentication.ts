import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { KeyedHash } from "../domain/keyed-hash.ts";
import { hmacUnder } from "./hmac-under.ts";
import { rsaVerifier } from "./rsa-signature.ts";
import { timestampedHmacVerifier, type SignedText } from "./timestamped-hmac.ts";

/** As in `src/carriers/codec.ts`; restated here so that the stages meet only in `src/main/`. */
export type Scheme =
  | {
      readonly kind: "hmac-sha256";
      readonly header: string;
      readonly encodings: readonly ("hex" | "base64")[];
      readonly prefix?: string;
      readonly secretForm?: "NFKD";
      readonly signedHeader?: { readonly header: string; readonly separator: string };
    }
  | {
      readonly kind: "timestamped-hmac-sha256";
      readonly header: string;
      readonly timestampHeader: string | null;
      readonly encodings: readonly ("hex" | "base64")[];
      readonly signed: readonly SignedText[];
      readonly windowS: number;
    }
  | { readonly kind: "sha256-key-last"; readonly header: string; readonly separator: string }
  | {
      readonly kind: "rsa-sha256";
      readonly header: string;
      readonly keyIdHeader: string;
      readonly timestampHeader: string;
      readonly windowS: number;
      readonly keySetUrls: readonly string[];
    }
  | { readonly kind: "shared-secret"; readonly headers: readonly string[]; readonly parameter?: string }
  | { readonly kind: "oauth-client"; readonly apiKeyHeader: string }
  | { readonly kind: "by-set-up"; readonly schemes: readonly SecretScheme[]; readonly senderRanges: readonly string[] }
  | { readonly kind: "none" };

type HmacScheme = Extract<Scheme, { kind: "hmac-sha256" }>;
type SecretScheme = Extract<Scheme, { kind: "hmac-sha256" | "timestamped-hmac-sha256" | "shared-secret" }>;

/** What an endpoint holds to verify its source. */
export interface Credentials {
  readonly secret: string | null;
  /** Client id of an OAuth source; the secret is its client secret. */
  readonly clientId: string | null;
  /** JSON Web Key Set of a source that signs with a private key; absent for all others. */
  readonly keySet?: KeySet;
}

/** The set as JSON text: pinned at the endpoint, or as it was last fetched from `url`. Without a text nothing verifies. */
export interface KeySet {
  readonly pinned: string | null;
  readonly url: string | null;
}

export interface VerifierContext {
  /** Whether a bearer token was issued by our token endpoint for this endpoint and has not expired. */
  accessTokenValid(token: string): boolean;
  /** Epoch milliseconds. */
  now(): number;
  /** A request of now names a key that is not in the key set: there may be a newer set. */
  keyMissed?(): void;
}

/** Verifies one request. Says yes or no and never which part was wrong. @param query what stands behind the question mark, undecoded. */
export type Verify = (headers: IncomingHttpHeaders, body: Buffer, query: string) => boolean;

export function verifier(scheme: Scheme, credentials: Credentials, context: VerifierContext): Verify {
  const { secret } = credentials;
  switch (scheme.kind) {
    case "none":
      return () => true;
    case "hmac-sha256":
      return secret === null ? never : hmacVerifier(scheme, secret);
    case "timestamped-hmac-sha256":
      return secret === null ? never : timestampedHmacVerifier(scheme, secret, () => context.now());
    case "sha256-key-last":
      return secret === null ? never : keyLastVerifier(scheme, secret);
    case "rsa-sha256":
      return rsaVerifier(
        scheme,
        credentials.keySet?.pinned ?? null,
        () => context.now(),
        () => context.keyMissed?.(),
      );
    case "shared-secret":
      return secret === null ? never : secretVerifier(scheme, secret);
    case "oauth-client":
      return oauthVerifier(scheme.apiKeyHeader, credentials, (token) => context.accessTokenValid(token));
    case "by-set-up": {
      const ways = scheme.schemes.map((each) => verifier(each, credentials, context));
      return (headers, body, query) => ways.some((verify) => verify(headers, body, query));
    }
  }
}

const never: Verify = () => false;

function hmacVerifier(scheme: HmacScheme, secret: string): Verify {
  const keyed = hmacUnder(Buffer.from(scheme.secretForm === undefined ? secret : secret.normalize(scheme.secretForm)));
  return (headers, body) => isHmac(scheme, keyed, headers, body);
}

const given = Buffer.alloc(32);
const expected = Buffer.alloc(32);

/** Apart from the verifier of each endpoint, which is made anew whenever the endpoint is looked up: what is optimised here serves all of them. */
function isHmac(scheme: HmacScheme, keyed: KeyedHash, headers: IncomingHttpHeaders, body: Buffer): boolean {
  const prefix = scheme.prefix ?? "";
  const header = headers[scheme.header];
  if (typeof header !== "string" || !header.startsWith(prefix)) return false;
  const digest = header.slice(prefix.length);
  const signed = signedBytes(scheme.signedHeader, headers, body);
  if (signed === null) return false;
  expected.write(keyed.ofBytes(signed), 0, 32, "latin1");
  let verified = false;
  for (const encoding of scheme.encodings) {
    if (digest.length !== (encoding === "hex" ? 64 : 44)) continue;
    given.fill(0);
    if (given.write(digest, 0, 32, encoding) === 32 && timingSafeEqual(given, expected)) verified = true;
  }
  return verified;
}

/** @returns null where the header that is signed with the body is missing. */
function signedBytes(signedHeader: HmacScheme["signedHeader"], headers: IncomingHttpHeaders, body: Buffer): Buffer | null {
  if (signedHeader === undefined) return body;
  const value = headers[signedHeader.header];
  return typeof value === "string" ? Buffer.concat([Buffer.from(`${value}${signedHeader.separator}`), body]) : null;
}

/** The secret is appended to what is hashed, as the sender does; nothing of it is kept but the bytes. */
function keyLastVerifier(scheme: Extract<Scheme, { kind: "sha256-key-last" }>, secret: string): Verify {
  const end = Buffer.from(`${scheme.separator}${secret}`);
  return (headers, body) => {
    const digest = headers[scheme.header];
    if (typeof digest !== "string" || !/^[0-9a-f]{64}$/i.test(digest)) return false;
    return timingSafeEqual(sha256(Buffer.concat([body, end])), Buffer.from(digest, "hex"));
  };
}

function secretVerifier(scheme: Extract<Scheme, { kind: "shared-secret" }>, secret: string): Verify {
  const same = constantTimeEquals(secret);
  return (headers, _body, query) => {
    let verified = false;
    for (const name of scheme.headers) {
      const value = headers[name];
      if (typeof value === "string" && same(value)) verified = true;
    }
    if (scheme.parameter !== undefined && query !== "")
      for (const value of new URLSearchParams(query).getAll(scheme.parameter)) if (same(value)) verified = true;
    const authorization = headers.authorization;
    if (authorization === undefined) return verified;
    const space = authorization.indexOf(" ");
    const kind = authorization.slice(0, space).toLowerCase();
    const value = authorization.slice(space + 1).trim();
    if (kind === "bearer" || kind === "apikey") return same(value) || verified;
    if (kind !== "basic") return verified;
    const pair = Buffer.from(value, "base64").toString("utf8");
    const password = pair.slice(pair.indexOf(":") + 1);
    return same(password) || same(pair) || verified;
  };
}

function oauthVerifier(apiKeyHeader: string, credentials: Credentials, accessTokenValid: (token: string) => boolean): Verify {
  if (credentials.clientId === null) return () => false;
  const same = constantTimeEquals(credentials.clientId);
  return (headers) => {
    const apiKey = headers[apiKeyHeader];
    const authorization = headers.authorization ?? "";
    const tokenValid = /^bearer /i.test(authorization) && accessTokenValid(authorization.slice(7).trim());
    return typeof apiKey === "string" && same(apiKey) && tokenValid;
  };
}

/** Compares digests, so that neither length nor content shows in the time taken. */
export function constantTimeEquals(expected: string): (given: string) => boolean {
  const digest = sha256(Buffer.from(expected));
  return (given) => timingSafeEqual(digest, sha256(Buffer.from(given)));
}

function sha256(bytes: Uint8Array): Buffer {
  return hash("sha256", bytes, "buffer");
}
