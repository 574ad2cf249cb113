import { hashBytes } from "./merkle.ts";
import { NoteError, strictBase64 } from "./note.ts";

/** The head of a log's tree (C2SP tlog-checkpoint 1.0.0): the text of a note that the log's key signs. */
export interface Checkpoint {
  /** Name of the log, which is the name of its key too. */
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString("base64")}\n`;
}

/** @throws {NoteError} `malformed`. Extension lines are passed over, as the specification asks. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = "", size = "", root = ""] = text.split("\n");
  const bytes = strictBase64(root);
  if (origin === "" || !/^(?:0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)) || bytes?.length !== hashBytes) {
    throw new NoteError("malformed", "not a checkpoint: origin, size and root expected");
  }
  return { origin, size: Number(size), root: bytes };
}
