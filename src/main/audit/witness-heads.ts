import { hash, randomUUID } from "node:crypto";
import { link, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Checkpoint, checkpointText, parseCheckpoint } from "../../audit/checkpoint.ts";
import type { WitnessState } from "../../audit/witness.ts";
import { makeFolder, syncFolder, writeDurably } from "../../cloud/durable-file.ts";
import { readOrNull, replaceFile } from "../../cloud/files-pointer-store.ts";

/** What a witness remembers is not what it has cosigned; it cosigns nothing more of this log until a person has looked. */
export class WitnessStateError extends Error {
  override readonly name = "WitnessStateError";
  /** `went-back`: the heads are older than the anchor, or others: a backup was restored. `unreadable`: a file is not a head. */
  readonly code: "went-back" | "unreadable";
  constructor(code: WitnessStateError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The last ones are kept: while a newer one stands, nobody takes an older one's place. */
const generationsKept = 2;
const digits = 16;

/**
 * The last head that was cosigned of each log, in files. A head is a new file, whose number nobody else can have taken: of two that cosign at once, in one
 * process or in two, one finds the other's. Its copy in the anchor, which may lie on another disk, tells when the folder was put back to what it was before.
 *
 *   heads/<SHA-256 of the origin>/<number>    the head's three lines
 *   anchor/<SHA-256 of the origin>            the last of them
 *
 * A crash between the two leaves the anchor one behind, which is no harm: nothing was cosigned yet.
 */
export function witnessHeads(folder: string, anchor: string): WitnessState {
  const headsOf = (origin: string): string => join(folder, "heads", nameOf(origin));
  const last = async (origin: string): Promise<Checkpoint | null> => {
    const head = (await lastHead(headsOf(origin)))?.checkpoint ?? null;
    const anchored = checkpointOrNull(await readOrNull(join(anchor, nameOf(origin))));
    if (anchored !== null && !isAtLeast(head, anchored))
      throw new WitnessStateError("went-back", "the witness has cosigned more of this log than its folder says");
    return head;
  };
  return {
    last,
    advance: async (oldSize, checkpoint) => {
      const before = await lastHead(headsOf(checkpoint.origin));
      if ((before?.checkpoint.size ?? 0) !== oldSize) return false;
      const number = (before?.number ?? 0) + 1;
      if (!(await addHead(headsOf(checkpoint.origin), number, checkpoint))) return false;
      await replaceFile(join(anchor, nameOf(checkpoint.origin)), checkpointText(checkpoint));
      await forgetBefore(headsOf(checkpoint.origin), number);
      return true;
    },
  };
}

function nameOf(origin: string): string {
  return hash("sha256", origin, "hex");
}

function isAtLeast(head: Checkpoint | null, anchored: Checkpoint): boolean {
  if (head === null || head.size < anchored.size) return false;
  return head.size > anchored.size || head.root.equals(anchored.root);
}

async function lastHead(folder: string): Promise<{ readonly number: number; readonly checkpoint: Checkpoint } | null> {
  for (;;) {
    const number = (await numbersIn(folder)).at(-1);
    if (number === undefined) return null;
    const checkpoint = checkpointOrNull(await readOrNull(join(folder, fileOf(number))));
    // Whoever is faster may have put it away meanwhile.
    if (checkpoint !== null) return { number, checkpoint };
  }
}

/** @returns false where another head has the number, or a later one stands already. */
async function addHead(folder: string, number: number, checkpoint: Checkpoint): Promise<boolean> {
  await makeFolder(folder);
  const temporary = join(folder, `.new-${randomUUID()}`);
  try {
    await writeDurably(temporary, Buffer.from(checkpointText(checkpoint)));
    await link(temporary, join(folder, fileOf(number)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(folder);
  // The number was free again where somebody was faster by several heads.
  if ((await numbersIn(folder)).at(-1) === number) return true;
  await rm(join(folder, fileOf(number)), { force: true });
  return false;
}

async function forgetBefore(folder: string, number: number): Promise<void> {
  for (const each of await numbersIn(folder)) if (each <= number - generationsKept) await rm(join(folder, fileOf(each)), { force: true });
}

function fileOf(number: number): string {
  return String(number).padStart(digits, "0");
}

async function numbersIn(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [] as string[];
    throw error;
  });
  return names
    .filter((name) => /^\d{16}$/.test(name))
    .toSorted()
    .map(Number);
}

function checkpointOrNull(text: string | null): Checkpoint | null {
  if (text === null) return null;
  try {
    return parseCheckpoint(text);
  } catch (cause) {
    throw new WitnessStateError("unreadable", "a file of the witness is not a head", { cause });
  }
}
