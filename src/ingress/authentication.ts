import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { KeyedHash } from "../domain/keyed-hash.ts";

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
  | { readonly kind: "shared-secret"; readonly headers: readonly string[] }
  | { readonly kind: "oauth-client"; readonly apiKeyHeader: string }
  | { readonly kind: "by-set-up"; readonly schemes: readonly SecretScheme[]; readonly senderRanges: readonly string[] }
  | { readonly kind: "none" };

type HmacScheme = Extract<Scheme, { kind: "hmac-sha256" }>;
type SecretScheme = Extract<Scheme, { kind: "hmac-sha256" | "shared-secret" }>;

/** What an endpoint holds to verify its source. */
export interface Credentials {
  readonly secret: string | null;
  /** Client id of an OAuth source; the secret is its client secret. */
  readonly clientId: string | null;
}

/** Verifies one request. Says yes or no and never which part was wrong. */
export type Verify = (headers: IncomingHttpHeaders, body: Buffer) => boolean;

/**
 * @param accessTokenValid whether a bearer token was issued by our token endpoint for this endpoint and has not expired.
 */
export function verifier(scheme: Scheme, credentials: Credentials, accessTokenValid: (token: string) => boolean): Verify {
  switch (scheme.kind) {
    case "none":
      return () => true;
    case "hmac-sha256":
      return credentials.secret === null ? () => false : hmacVerifier(scheme, credentials.secret);
    case "shared-secret":
      return credentials.secret === null ? () => false : secretVerifier(scheme.headers, credentials.secret);
    case "oauth-client":
      return oauthVerifier(scheme.apiKeyHeader, credentials, accessTokenValid);
    case "by-set-up": {
      const ways = scheme.schemes.map((each) => verifier(each, credentials, accessTokenValid));
      return (headers, body) => ways.some((verify) => verify(headers, body));
    }
  }
}

function hmacVerifier(scheme: HmacScheme, secret: string): Verify {
  const bytes = Buffer.from(scheme.secretForm === undefined ? secret : secret.normalize(scheme.secretForm));
  const keyed = new KeyedHash(bytes.length <= 64 ? bytes : sha256(bytes));
  const given = Buffer.alloc(32);
  const expected = Buffer.alloc(32);
  const prefix = scheme.prefix ?? "";
  return (headers, body) => {
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
  };
}

/** @returns null where the header that is signed with the body is missing. */
function signedBytes(signedHeader: HmacScheme["signedHeader"], headers: IncomingHttpHeaders, body: Buffer): Buffer | null {
  if (signedHeader === undefined) return body;
  const value = headers[signedHeader.header];
  return typeof value === "string" ? Buffer.concat([Buffer.from(`${value}${signedHeader.separator}`), body]) : null;
}

function secretVerifier(names: readonly string[], secret: string): Verify {
  const same = constantTimeEquals(secret);
  return (headers) => {
    let verified = false;
    for (const name of names) {
      const value = headers[name];
      if (typeof value === "string" && same(value)) verified = true;
    }
    const authorization = headers.authorization;
    if (authorization === undefined) return verified;
    const space = authorization.indexOf(" ");
    const scheme = authorization.slice(0, space).toLowerCase();
    const value = authorization.slice(space + 1).trim();
    if (scheme === "bearer" || scheme === "apikey") return same(value) || verified;
    if (scheme !== "basic") return verified;
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
