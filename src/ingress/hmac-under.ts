import { hash } from "node:crypto";
import { KeyedHash } from "../domain/keyed-hash.ts";

/** HMAC-SHA-256 under an endpoint's secret, whatever its length: one that is longer than a block is hashed first (RFC 2104, section 2). */
export function hmacUnder(secret: Buffer): KeyedHash {
  return new KeyedHash(secret.length <= 64 ? secret : hash("sha256", secret, "buffer"));
}
