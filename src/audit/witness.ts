import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { emptyRoot, hashBytes, verifyConsistency } from "./merkle.ts";
import { type NoteKey, NoteError, type NoteSigner, parseNote, signatureLine, strictBase64, verifiedKeys } from "./note.ts";

/*
 * A witness (C2SP tlog-witness 1.0.0) cosigns the heads of logs that it knows, each only if it goes on from the last one that it has cosigned. A log that shows
 * one history to its auditor and another to its owner would have to have its witnesses' help.
 *
 * add-checkpoint
 *   known log, good signature?   no → 404, 403
 *   `old` not above the size?    no → 400
 *   `old` is what we have last?  no → 409 with what we have
 *   that size, the same root?    no → 409 with what we have: two heads of one size
 *   proof from old to new?       no → 422
 *   store the new head, if what we had is still the last (else 409), and only then cosign → 200
 *
 * A signed head that is refused may be evidence against its log: of one size with what was cosigned and with another root, or larger and without a proof.
 */

/** The last head that a witness has cosigned of each log. Kept where neither a crash nor a second process can take it back. */
export interface WitnessState {
  /** @returns null where nothing of this log was cosigned yet. */
  last(origin: string): Promise<{ readonly size: number; readonly root: Buffer } | null>;
  /** Durable once it resolves. @returns false, and changes nothing, where the last size is not `oldSize` any more. */
  advance(oldSize: number, checkpoint: Checkpoint): Promise<boolean>;
}

export type WitnessAnswer =
  | { readonly status: 200; readonly body: string }
  | { readonly status: 400 | 403 | 404 }
  | { readonly status: 422; readonly evidence: Evidence | null }
  /** The size that the witness has; the log sends a proof from there. */
  | { readonly status: 409; readonly size: number; readonly evidence: Evidence | null };

/** The text of a signed head that contradicts what was cosigned; a larger one may as well have come with a proof that was made wrongly. */
export type Evidence = string;

/** Most hashes of a proof. */
export const proofLinesMax = 63;

/** The media type of a 409's body. */
export const sizeMediaType = "text/x.tlog.size";

/** @param logsOf keys of a log by its origin, which is their name; none where this witness does not know it. */
export async function addCheckpoint(
  body: string,
  logsOf: (origin: string) => readonly NoteKey[],
  signers: readonly NoteSigner[],
  state: WitnessState,
): Promise<WitnessAnswer> {
  const request = parseAddCheckpoint(body);
  if (request === null) return { status: 400 };
  const { oldSize, proof, note } = request;
  const checkpoint = checkpointOf(note.text);
  if (checkpoint === null) return { status: 400 };
  const known = logsOf(checkpoint.origin);
  if (known.length === 0) return { status: 404 };
  if (!isSigned(note, known)) return { status: 403 };
  if (oldSize > checkpoint.size) return { status: 400 };
  const last = (await state.last(checkpoint.origin)) ?? { size: 0, root: emptyRoot };
  if (isOtherHead(last, checkpoint)) return { status: 409, size: last.size, evidence: note.text };
  if (last.size !== oldSize) return { status: 409, size: last.size, evidence: null };
  // A needless proof, of what was cosigned already or from nothing, is a mistake and contradicts nothing.
  if (!goesOnFrom(last, checkpoint, proof))
    return { status: 422, evidence: last.size > 0 && checkpoint.size > last.size ? note.text : null };
  if (!(await state.advance(oldSize, checkpoint))) {
    return { status: 409, size: (await state.last(checkpoint.origin))?.size ?? 0, evidence: null };
  }
  const lines: string[] = [];
  for (const signer of signers) lines.push(await signatureLine(signer, note.text));
  return { status: 200, body: lines.join("") };
}

function isOtherHead(last: { readonly size: number; readonly root: Buffer }, { size, root }: Checkpoint): boolean {
  return last.size === size && !last.root.equals(root);
}

function goesOnFrom(last: { readonly size: number; readonly root: Buffer }, checkpoint: Checkpoint, proof: readonly Buffer[]): boolean {
  // From nothing there is nothing to prove; the proof must be empty.
  if (last.size === 0) return proof.length === 0 && (checkpoint.size > 0 || checkpoint.root.equals(emptyRoot));
  return verifyConsistency(last.size, checkpoint.size, last.root, checkpoint.root, proof);
}

/** @returns null where it is not of that form. */
function parseAddCheckpoint(
  body: string,
): { readonly oldSize: number; readonly proof: readonly Buffer[]; readonly note: ReturnType<typeof parseNote> } | null {
  const end = body.indexOf("\n\n");
  const [first = "", ...lines] = body.slice(0, Math.max(end, 0)).split("\n");
  const [, old] = /^old (0|[1-9]\d{0,15})$/.exec(first) ?? [];
  if (end < 0 || old === undefined || lines.length > proofLinesMax) return null;
  const proof = lines.map((line) => strictBase64(line)).filter((hash) => hash?.length === hashBytes);
  if (proof.length !== lines.length) return null;
  try {
    return { oldSize: Number(old), proof: proof as Buffer[], note: parseNote(body.slice(end + 2)) };
  } catch (error) {
    if (error instanceof NoteError) return null;
    throw error;
  }
}

function checkpointOf(text: string): Checkpoint | null {
  try {
    return parseCheckpoint(text);
  } catch (error) {
    if (error instanceof NoteError) return null;
    throw error;
  }
}

function isSigned(note: ReturnType<typeof parseNote>, keys: readonly NoteKey[]): boolean {
  try {
    return verifiedKeys(note, keys).length > 0;
  } catch (error) {
    if (error instanceof NoteError) return false;
    throw error;
  }
}

/** What a log sends to a witness. @param proof from `oldSize` to the note's size, empty where `oldSize` is 0. */
export function addCheckpointBody(oldSize: number, proof: readonly Buffer[], note: string): string {
  return `old ${oldSize}\n${proof.map((hash) => `${hash.toString("base64")}\n`).join("")}\n${note}`;
}
