/**
 * The frame in which a sealed raw record stands, first in an ingest batch and later, byte for byte the same, in a segment: so that
 * archiving is copying. Byte by byte in `docs/segment-format.md`.
 *
 * `u32 sealed length | 16 bytes record id | u32 ingest session | sealed record (iv 12, ciphertext, tag 16)`; integers big-endian.
 */
export const frameHeaderBytes = 24;
export const recordIdBytes = 16;
/** IV and tag of AES-256-GCM around an empty record. */
export const sealedBytesMin = 28;
/** A body is at most 1 MiB when it arrives (`Codec.decode`); four times that leaves room for what is sealed beside it. */
export const sealedBytesMax = 4 * 1024 * 1024;

export interface FramedRecord {
  /** 16 bytes. */
  readonly recordId: Uint8Array;
  /** Unsigned 32 bits. */
  readonly sessionId: number;
  /** `iv(12) ciphertext tag(16)`, {@link sealedBytesMin} to {@link sealedBytesMax} bytes. */
  readonly sealed: Uint8Array;
}

export interface PackedRecords {
  readonly body: Buffer;
  /** Where each frame begins in `body`; its sealed record begins {@link frameHeaderBytes} later. */
  readonly offsets: readonly number[];
}

/** @throws {RangeError} when a part is outside its bounds. */
export function encodeRecord(record: FramedRecord): Buffer {
  return packRecords([record]).body;
}

/** Concatenates records to a batch, in one allocation. @throws {RangeError} when a part is outside its bounds. */
export function packRecords(records: readonly FramedRecord[]): PackedRecords {
  const offsets: number[] = [];
  let bytes = 0;
  for (const { recordId, sealed } of records) {
    if (recordId.length !== recordIdBytes) throw new RangeError(`a record id has ${recordIdBytes} bytes, got ${recordId.length}`);
    if (sealed.length < sealedBytesMin || sealed.length > sealedBytesMax) throw new RangeError(`a sealed record of ${sealed.length} bytes`);
    offsets.push(bytes);
    bytes += frameHeaderBytes + sealed.length;
  }
  const body = Buffer.allocUnsafe(bytes);
  for (const [at, { recordId, sessionId, sealed }] of records.entries()) {
    const offset = offsets[at]!;
    body.writeUInt32BE(sealed.length, offset);
    body.set(recordId, offset + 4);
    body.writeUInt32BE(sessionId, offset + 20);
    body.set(sealed, offset + frameHeaderBytes);
  }
  return { body, offsets };
}
