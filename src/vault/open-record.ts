import { KeyedHash } from "../domain/keyed-hash.ts";
import { frameHeaderBytes } from "../domain/record-frame.ts";
import type { OpeningKeys } from "./keys/provider.ts";
import { openRawRecord, SealError } from "./sealing.ts";

/** A sealed raw record with the wrap of the session key that it was sealed under. */
export interface StoredRecord {
  readonly sessionId: number;
  readonly epoch: number;
  readonly wrapped: Buffer;
  /** Null where it was deleted. */
  readonly salt: Buffer | null;
  /** As in a batch and in a segment (`record-frame.ts`). */
  readonly frame: Buffer;
}

/**
 * Opens one raw record. Its session key is unwrapped for it alone, which the provider records, and zeroed.
 * @param record UUID.
 * @returns what was sealed (`raw-envelope.ts`).
 * @throws {SealError} @throws {KeyError}
 */
export async function openRecord(tenant: string, record: string, stored: StoredRecord, keys: OpeningKeys): Promise<Buffer> {
  const recordId = Buffer.from(record.replaceAll("-", ""), "hex");
  const { frame, sessionId } = stored;
  const framed = frame.length > frameHeaderBytes && frame.subarray(4, 20).equals(recordId) && frame.readUInt32BE(20) === sessionId;
  if (!framed) throw new SealError("not-a-seal", "the frame is of another record");
  const key = await keys.unwrap(stored.wrapped, { tenant, purpose: "raw-records", epoch: stored.epoch });
  try {
    using session = new KeyedHash(key);
    return openRawRecord(session, stored.salt, tenant, recordId, frame.subarray(frameHeaderBytes));
  } finally {
    key.fill(0);
  }
}
