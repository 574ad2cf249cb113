/**
 * Reader of Parcelkeep segments for auditors: one file, no dependencies.
 *
 *     node read-segment.ts FILE
 *
 * Verifies the segment and lists its records. It cannot open them: each is sealed (AES-256-GCM) under a key of its own that is not in the file.
 * Written from `docs/segment-format.md` alone; it shares no code with the program that writes segments.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export type Reading =
  | { readonly ok: true; readonly id: string; readonly created: string; readonly digest: string; readonly records: readonly RecordEntry[] }
  | { readonly ok: false; readonly problem: string };

export interface RecordEntry {
  readonly id: string;
  readonly session: number;
  readonly offset: number;
  readonly sealedBytes: number;
}

class Damage extends Error {}

/** Verifies magic numbers, lengths, digest and index. Never throws on any bytes. */
export function verifySegment(bytes: Buffer): Reading {
  try {
    return { ok: true, ...read(bytes) };
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return { ok: false, problem: error.message };
  }
}

function read(bytes: Buffer): Omit<Reading & { ok: true }, "ok"> {
  const trailerAt = bytes.length - 42;
  demand(bytes.toString("latin1", 0, 6) === "PKSEG\x01", "not a segment: it does not begin with PKSEG 1");
  demand(trailerAt >= 6 && bytes.toString("latin1", trailerAt + 36) === "PKEND\x01", "truncated: it does not end with PKEND 1");
  const digest = createHash("sha256").update(bytes.subarray(0, trailerAt)).digest("hex");
  demand(bytes.toString("hex", trailerAt + 4, trailerAt + 36) === digest, "damaged: the digest in the trailer is not that of the bytes");
  const footerAt = trailerAt - bytes.readUInt32BE(trailerAt);
  demand(footerAt >= 6, "damaged: the index is longer than the segment");
  const records = readRecords(bytes, 6, footerAt);
  const { id, created } = checkIndex(bytes.toString("utf8", footerAt, trailerAt), records);
  return { id, created, digest, records };
}

function readRecords(bytes: Buffer, from: number, until: number): RecordEntry[] {
  const records: RecordEntry[] = [];
  let offset = from;
  while (offset < until) {
    demand(offset + 24 <= until, `truncated: no whole record at ${offset}`);
    const sealedBytes = bytes.readUInt32BE(offset);
    demand(sealedBytes >= 28 && sealedBytes <= 4_194_304 && offset + 24 + sealedBytes <= until, `truncated: no whole record at ${offset}`);
    records.push({ id: bytes.toString("hex", offset + 4, offset + 20), session: bytes.readUInt32BE(offset + 20), offset, sealedBytes });
    offset += 24 + sealedBytes;
  }
  demand(new Set(records.map((record) => record.id)).size === records.length, "damaged: a record id stands twice");
  return records;
}

/** The footer is canonical JSON, so there is exactly one right text for these records; only id and time are taken from it. */
function checkIndex(footer: string, records: readonly RecordEntry[]): { id: string; created: string } {
  const head =
    /^\{"count":\d+,"created":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)","id":"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})","records":\[/.exec(
      footer,
    );
  demand(head !== null, "damaged: the index does not have its form");
  const [, created, id] = head as unknown as [string, string, string];
  const rows = records.map((record) => `["${record.id}",${record.offset},${record.sealedBytes},${record.session}]`).join(",");
  const expected = `{"count":${records.length},"created":"${created}","id":"${id}","records":[${rows}],"version":1}`;
  demand(footer === expected, "damaged: the index does not describe the records");
  return { id, created };
}

function demand(holds: boolean, problem: string): void {
  if (!holds) throw new Damage(problem);
}

/** @returns the exit code: 0 everything holds, 1 it does not, 2 nothing to check. */
export function main(paths: readonly string[], print: (line: string) => void, complain: (line: string) => void): 0 | 1 | 2 {
  if (paths.length !== 1) {
    complain("error: expected one file\nhint: node read-segment.ts FILE");
    return 2;
  }
  let bytes: Buffer;
  try {
    bytes = readFileSync(paths[0]!);
  } catch (error) {
    complain(`error: ${(error as Error).message}`);
    return 2;
  }
  const reading = verifySegment(bytes);
  if (!reading.ok) {
    complain(`error: ${reading.problem}`);
    return 1;
  }
  print(`segment ${reading.id}`);
  print(`created ${reading.created}`);
  print(`digest  sha256:${reading.digest} (in the trailer: everything before it)`);
  print(`file    sha256:${createHash("sha256").update(bytes).digest("hex")} (the whole file, as the ledger has it)`);
  print(`records ${reading.records.length}`);
  for (const { id, session, offset, sealedBytes } of reading.records)
    print(`${id} session ${session} offset ${offset} sealed ${sealedBytes} bytes`);
  return 0;
}

if (import.meta.main)
  process.exitCode = main(
    process.argv.slice(2),
    (line) => console.log(line),
    (line) => console.error(line),
  );
