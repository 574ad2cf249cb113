import { hash } from "node:crypto";
import { frameHeaderBytes, sealedBytesMax, sealedBytesMin } from "../domain/record-frame.ts";
import type { FramedRecord } from "../domain/record-frame.ts";

/**
 * A segment is one object that holds many sealed raw records: magic, the bodies of ingest batches as they are, an index and a digest. The
 * format is in `docs/segment-format.md`, byte by byte; `read-segment.ts` is a second reader of it that shares no code with this one.
 *
 * The digest finds damage. It is no proof of origin; that is the digest of the whole object, which the ledger keeps.
 */
const MAGIC = Buffer.from("PKSEG\x01", "latin1");
const END_MAGIC = Buffer.from("PKEND\x01", "latin1");
const DIGEST_BYTES = 32;
const TRAILER_BYTES = 4 + DIGEST_BYTES + END_MAGIC.length;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CREATED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** A segment is built and verified in memory. */
export const segmentBytesMax = 256 * 1024 * 1024;

export class SegmentError extends Error {
  override readonly name = "SegmentError";
  /**
   * `bad-magic`: not a segment. `truncated`: its end, or the end of a record, is missing. `digest-mismatch`: damaged. `index-mismatch`: the
   * index does not describe the records. None heals by a retry: the object, or the batch it is made from, needs a person.
   */
  readonly code: "bad-magic" | "truncated" | "digest-mismatch" | "index-mismatch";
  constructor(code: SegmentError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface Segment {
  readonly bytes: Buffer;
  readonly records: number;
  /** Where each batch body begins in the segment: an offset within a batch plus this is the offset in the segment. */
  readonly batchOffsets: readonly number[];
}

export interface SegmentRecord extends FramedRecord {
  /** Where the record's frame begins in the segment. The sealed bytes begin `frameHeaderBytes` later. */
  readonly offset: number;
  /** Sealed bytes. */
  readonly length: number;
}

/**
 * Concatenates packed batches (`packRecords`) to a segment. The same arguments give the same bytes.
 * @param id UUID, lower case.
 * @throws {SegmentError} `truncated` when a batch ends within a record, `index-mismatch` when a record comes twice.
 * @throws {RangeError} over {@link segmentBytesMax}.
 */
export function buildSegment(id: string, created: Date, batches: readonly Uint8Array[]): Segment {
  if (!UUID.test(id)) throw new TypeError(`a segment's id is a lower-case UUID, got ${id.length} characters`);
  const index: SegmentRecord[] = [];
  const batchOffsets: number[] = [];
  let offset = MAGIC.length;
  for (const batch of batches) {
    batchOffsets.push(offset);
    for (const record of framesOf(Buffer.from(batch.buffer, batch.byteOffset, batch.length), offset)) index.push(record);
    offset += batch.length;
  }
  refuseRepeats(index);
  const footer = encodeFooter(id, created.toISOString(), index);
  const bytes = offset + footer.length + TRAILER_BYTES;
  if (bytes > segmentBytesMax) throw new RangeError(`a segment of ${bytes} bytes, at most ${segmentBytesMax}`);
  const segment = Buffer.concat([MAGIC, ...batches, footer], bytes);
  const trailer = bytes - TRAILER_BYTES;
  segment.writeUInt32BE(footer.length, trailer);
  segment.set(hash("sha256", segment.subarray(0, trailer), "buffer"), trailer + 4);
  segment.set(END_MAGIC, trailer + 4 + DIGEST_BYTES);
  return { bytes: segment, records: index.length, batchOffsets };
}

/**
 * Verifies a whole segment, then gives its records in order. `sealed` and `recordId` are views into `bytes`.
 * @throws {SegmentError} before the first record is given.
 */
export function readSegment(bytes: Uint8Array): IterableIterator<SegmentRecord> {
  const segment = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const trailer = segment.length - TRAILER_BYTES;
  if (!segment.subarray(0, MAGIC.length).equals(MAGIC))
    throw new SegmentError("bad-magic", "not a segment: it does not begin with PKSEG 1");
  if (trailer < MAGIC.length || !segment.subarray(-END_MAGIC.length).equals(END_MAGIC)) {
    throw new SegmentError("truncated", `the segment of ${segment.length} bytes does not end with PKEND 1`);
  }
  if (!segment.subarray(trailer + 4, trailer + 4 + DIGEST_BYTES).equals(hash("sha256", segment.subarray(0, trailer), "buffer"))) {
    throw new SegmentError("digest-mismatch", "the segment's bytes do not have the digest in its trailer");
  }
  const footerAt = trailer - segment.readUInt32BE(trailer);
  if (footerAt < MAGIC.length) throw new SegmentError("index-mismatch", "the index is longer than the segment");
  const records = [...framesOf(segment.subarray(MAGIC.length, footerAt), MAGIC.length)];
  refuseRepeats(records);
  verifyFooter(segment.subarray(footerAt, trailer), records);
  return records.values();
}

function* framesOf(body: Buffer, base: number): Generator<SegmentRecord> {
  for (let at = 0; at < body.length;) {
    const length = at + frameHeaderBytes <= body.length ? body.readUInt32BE(at) : 0;
    const end = at + frameHeaderBytes + length;
    if (length < sealedBytesMin || length > sealedBytesMax || end > body.length) {
      throw new SegmentError("truncated", `no whole record at ${base + at}`);
    }
    const sealed = body.subarray(at + frameHeaderBytes, end);
    yield { recordId: body.subarray(at + 4, at + 20), sessionId: body.readUInt32BE(at + 20), sealed, offset: base + at, length };
    at = end;
  }
}

function refuseRepeats(records: readonly SegmentRecord[]): void {
  const ids = new Set(records.map(({ recordId }) => hexOf(recordId)));
  if (ids.size !== records.length) throw new SegmentError("index-mismatch", `${records.length} records with ${ids.size} ids`);
}

/** Canonical JSON (RFC 8785): properties sorted, no blanks; every value is an integer or ASCII that needs no escape. */
function encodeFooter(id: string, created: string, records: readonly SegmentRecord[]): Buffer {
  const index = records.map(({ recordId, offset, length, sessionId }) => [hexOf(recordId), offset, length, sessionId]);
  return Buffer.from(JSON.stringify({ count: records.length, created, id, records: index, version: 1 }), "utf8");
}

/** Makes the footer anew from the records; equal bytes prove the index, its order and its canonical form at once. */
function verifyFooter(footer: Buffer, records: readonly SegmentRecord[]): void {
  let head: { id?: unknown; created?: unknown } | null;
  try {
    head = JSON.parse(footer.toString("utf8")) as typeof head;
  } catch (error) {
    throw new SegmentError("index-mismatch", "the index is no JSON", { cause: error });
  }
  const { id, created } = head ?? {};
  const named = typeof id === "string" && UUID.test(id) && typeof created === "string" && CREATED.test(created);
  if (!named || !encodeFooter(id, created, records).equals(footer)) {
    throw new SegmentError("index-mismatch", `the index does not describe the ${records.length} records before it`);
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
