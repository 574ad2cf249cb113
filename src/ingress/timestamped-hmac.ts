import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { hmacUnder } from "./hmac-under.ts";
import { isRecent } from "./signed-time.ts";

/** As in `src/carriers/codec.ts`. */
export type SignedText = "body" | "timestamp" | "timestamp.body" | "timestamp+body" | "body+timestamp";

interface TimestampedHmac {
  readonly header: string;
  /** Null where timestamp and signature stand in one header, as `t=…,v1=…`. */
  readonly timestampHeader: string | null;
  readonly encodings: readonly ("hex" | "base64")[];
  readonly signed: readonly SignedText[];
  readonly windowS: number;
}

interface Given {
  /** Null where the sender sent none: then only `body` can have been signed. */
  readonly timestamp: string | null;
  readonly signatures: readonly string[];
}

/** Most signatures that one header is read for: a sender that rotates its secret sends two. */
const signaturesMax = 4;

/** @param now epoch milliseconds. */
export function timestampedHmacVerifier(
  scheme: TimestampedHmac,
  secret: string,
  now: () => number,
): (headers: IncomingHttpHeaders, body: Buffer) => boolean {
  const keyed = hmacUnder(Buffer.from(secret));
  return (headers, body) => {
    const { timestamp, signatures } = given(scheme, headers);
    if (signatures.length === 0 || (timestamp !== null && !isRecent(timestamp, now(), scheme.windowS))) return false;
    let verified = false;
    for (const form of scheme.signed) {
      if (timestamp === null && form !== "body") continue;
      const expected = Buffer.from(keyed.ofBytes(signedBytes(form, timestamp ?? "", body)), "latin1");
      for (const signature of signatures)
        for (const encoding of scheme.encodings) if (sameDigest(signature, encoding, expected)) verified = true;
    }
    return verified;
  };
}

function given(scheme: TimestampedHmac, headers: IncomingHttpHeaders): Given {
  const value = headers[scheme.header];
  if (typeof value !== "string" || value.length > 1000) return { timestamp: null, signatures: [] };
  if (scheme.timestampHeader !== null) {
    const timestamp = headers[scheme.timestampHeader];
    return { timestamp: typeof timestamp === "string" ? timestamp : null, signatures: [value] };
  }
  const fields = value.split(",").map((field) => field.trim());
  const timestamp = fields.find((field) => field.startsWith("t="))?.slice(2);
  const signatures = fields.filter((field) => field.startsWith("v1=")).map((field) => field.slice(3));
  // In this form the timestamp is always signed.
  return timestamp === undefined ? { timestamp: null, signatures: [] } : { timestamp, signatures: signatures.slice(0, signaturesMax) };
}

function signedBytes(form: SignedText, timestamp: string, body: Buffer): Buffer {
  switch (form) {
    case "body":
      return body;
    case "timestamp":
      return Buffer.from(timestamp);
    case "timestamp.body":
      return Buffer.concat([Buffer.from(`${timestamp}.`), body]);
    case "timestamp+body":
      return Buffer.concat([Buffer.from(timestamp), body]);
    case "body+timestamp":
      return Buffer.concat([body, Buffer.from(timestamp)]);
  }
}

function sameDigest(signature: string, encoding: "hex" | "base64", expected: Buffer): boolean {
  if (signature.length !== (encoding === "hex" ? 64 : 44)) return false;
  const bytes = Buffer.from(signature, encoding);
  return bytes.length === 32 && timingSafeEqual(bytes, expected);
}
