import { pooledRandom } from "../../vault/random.ts";

/** A UUID of version 7 (RFC 9562, section 5.7): milliseconds, then 74 random bits. Ids made together lie together in an index. */
export function uuid7(nowMs: number): Buffer {
  const bytes = pooledRandom(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes;
}
