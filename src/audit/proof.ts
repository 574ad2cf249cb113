import type { Checkpoint } from "./checkpoint.ts";
import { hashBytes, leafHash, verifyInclusion } from "./merkle.ts";
import { NoteError, strictBase64 } from "./note.ts";
import { openCheckpoint, type Policy } from "./policy.ts";

/** An auditor's receipt (C2SP tlog-proof v1): that one entry stands in the log, checked offline with nothing but the entry and a policy. */
export interface Proof {
  readonly index: number;
  /** Sibling of the leaf first. */
  readonly hashes: readonly Buffer[];
  /** The signed note. */
  readonly checkpoint: string;
  /** Not authenticated by anything. */
  readonly extra?: Buffer;
}

const header = "c2sp.org/tlog-proof@v1";

export function formatProof({ index, hashes, checkpoint, extra }: Proof): string {
  const extraLine = extra === undefined ? "" : `extra ${extra.toString("base64")}\n`;
  return `${header}\n${extraLine}index ${index}\n${hashes.map((hash) => `${hash.toString("base64")}\n`).join("")}\n${checkpoint}`;
}

/** More than any tree of 2^53 entries needs. */
const hashesMax = 63;

/** @throws {NoteError} `malformed`. */
export function parseProof(text: string): Proof {
  const refuse = (): never => {
    throw new NoteError("malformed", "not a proof: c2sp.org/tlog-proof@v1 expected");
  };
  const end = text.indexOf("\n\n");
  if (end < 0) return refuse();
  const [first, ...rest] = text.slice(0, end).split("\n");
  if (first !== header) return refuse();
  const extra = rest[0]?.startsWith("extra ") === true ? (strictBase64(rest.shift()!.slice(6)) ?? refuse()) : undefined;
  const [, index] = /^index (0|[1-9]\d{0,15})$/.exec(rest.shift() ?? "") ?? [];
  if (index === undefined || rest.length > hashesMax) return refuse();
  const hashes = rest.map((line) => {
    const hash = strictBase64(line);
    return hash?.length === hashBytes ? hash : refuse();
  });
  return { index: Number(index), hashes, checkpoint: text.slice(end + 2), ...(extra === undefined ? {} : { extra }) };
}

/**
 * @param entry its bytes as they stand in the log.
 * @returns the checkpoint that proves it, and the entry's place.
 * @throws {NoteError} `malformed`, `bad-signature`, `unsigned`; `bad-signature` too where the entry is not the one that the proof is of.
 */
export function verifyProof(text: string, entry: Uint8Array, policy: Policy): { readonly checkpoint: Checkpoint; readonly index: number } {
  const proof = parseProof(text);
  const checkpoint = openCheckpoint(proof.checkpoint, policy);
  if (!verifyInclusion(proof.index, checkpoint.size, leafHash(entry), proof.hashes, checkpoint.root)) {
    throw new NoteError("bad-signature", "the entry is not in the log at that place");
  }
  return { checkpoint, index: proof.index };
}
