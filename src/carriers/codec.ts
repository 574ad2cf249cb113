import type { Notice } from "../domain/notice.ts";

/**
 * How a source proves itself to us. Verification itself is in `src/ingress/authentication.ts`; a codec only says which scheme its
 * sender documents. Every scheme compares in constant time over the raw bytes as received.
 */
export type AuthenticationScheme =
  /** HMAC-SHA-256 over the raw body. `encodings`: what the header may hold. `prefix`: text before the digest. */
  | {
      readonly kind: "hmac-sha256";
      readonly header: string;
      readonly encodings: readonly ("hex" | "base64")[];
      readonly prefix?: string;
      /** Unicode normalisation of the secret before UTF-8. */
      readonly secretForm?: "NFKD";
      /** A header whose value is signed before the body, with what stands between them. */
      readonly signedHeader?: { readonly header: string; readonly separator: string };
    }
  /**
   * HMAC-SHA-256 together with a timestamp, refused outside `windowS` seconds either way. `timestampHeader`: null where both stand in
   * `header`, as `t=…,v1=…`. `signed`: what the sender may have signed; more than one where its documentation contradicts itself.
   */
  | {
      readonly kind: "timestamped-hmac-sha256";
      readonly header: string;
      readonly timestampHeader: string | null;
      readonly encodings: readonly ("hex" | "base64")[];
      readonly signed: readonly SignedText[];
      readonly windowS: number;
    }
  /** Hex SHA-256 over the raw body, a separator and the secret: *not an HMAC*. The key comes last, so a digest cannot be extended. */
  | { readonly kind: "sha256-key-last"; readonly header: string; readonly separator: string }
  /**
   * RSASSA-PKCS1-v1_5 with SHA-256 over `timestamp.body`, in base64, by a key of the sender's JSON Web Key Set that `keyIdHeader` names.
   * The set is pinned at the endpoint, or fetched from one of `keySetUrls`, where the sender publishes it.
   */
  | {
      readonly kind: "rsa-sha256";
      readonly header: string;
      readonly keyIdHeader: string;
      readonly timestampHeader: string;
      readonly windowS: number;
      readonly keySetUrls: readonly string[];
    }
  /**
   * A secret of the endpoint's, sent as it is: `Authorization: Bearer`, `Authorization: Basic` (as password), one of `headers`, or the query
   * parameter `parameter` of the address that the sender was given.
   */
  | { readonly kind: "shared-secret"; readonly headers: readonly string[]; readonly parameter?: string }
  /** The sender fetches a bearer token from our token endpoint with client credentials and sends it with an API key header. */
  | { readonly kind: "oauth-client"; readonly apiKeyHeader: string }
  /**
   * The sender is set up in one of several ways, each with the endpoint's secret. `senderRanges`: addresses (CIDR) that it documents for the
   * way that has no secret at all; an endpoint made without a secret then takes those addresses and no others.
   */
  | { readonly kind: "by-set-up"; readonly schemes: readonly SecretScheme[]; readonly senderRanges: readonly string[] };

/** A scheme that needs the endpoint's secret and nothing else. */
export type SecretScheme = Extract<AuthenticationScheme, { kind: "hmac-sha256" | "timestamped-hmac-sha256" | "shared-secret" }>;

/** Texts that senders sign: `+` is concatenation, `.` a full stop between the two. `timestamp` alone leaves the body uncovered. */
export type SignedText = "body" | "timestamp" | "timestamp.body" | "timestamp+body" | "body+timestamp";

/** Codec of one source: pure, no I/O, no clock. */
export interface Codec {
  /** Folder name under `src/carriers/`, used in URLs, commands and tables. */
  readonly source: string;
  /** The sender's name for people. */
  readonly title: string;
  readonly authentication: AuthenticationScheme;
  /** Request header (lower case) in which the sender gives each message an id, where it does. */
  readonly messageIdHeader?: string;
  /** Content types that this source sends; JSON and XML by their usual names. */
  readonly contentTypes: readonly ("json" | "xml")[];
  /** Every code that may appear in clear in an event or summary of this source: the keys of its status tables. */
  readonly codes: ReadonlySet<string>;
  /**
   * Decodes a payload. Never throws on any bytes: what does not fit is `{ ok: false }` and goes to quarantine, sealed whole.
   * @param body the body after inflation, at most 1 MiB.
   */
  decode(body: Uint8Array): Decoded;
}

export type Decoded =
  | {
      readonly ok: true;
      /** The sender's id of this message, where the body has one. */
      readonly messageId: string | null;
      readonly notices: readonly Notice[];
    }
  | { readonly ok: false; readonly reason: DecodeFailure };

/**
 * Why a payload went to quarantine. `malformed`: not JSON/XML. `unknown-shape`: parsed, not what the source documents. `too-deep`, `too-many`: over a bound. `no-codec`: the source has none.
 * `codec-failed`: the codec threw, which is a mistake of ours.
 */
export type DecodeFailure = "malformed" | "unknown-shape" | "too-deep" | "too-many" | "no-codec" | "codec-failed";

/** Most notices that one payload may hold. */
export const noticesMax = 1000;
/** Most events that one notice may hold. */
export const eventsMax = 500;
