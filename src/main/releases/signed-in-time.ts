import { setTimeout as wait } from "node:timers/promises";
import { parseCheckpoint } from "../../audit/checkpoint.ts";
import { type NoteKey, openNote, parseKey } from "../../audit/note.ts";
import type { PointerStore } from "../../cloud/pointer-store.ts";
import { checkpointOf, keysFile } from "../audit/audit-files.ts";

/** Where an entry stands in the log; null while it waits. */
export type PlaceOf = (entry: string) => Promise<{ readonly shard: string; readonly index: number } | null>;

/** With the log's keys and each shard's newest checkpoint. */
type Pointers = Pick<PointerStore, "read">;

const lookEveryMs = 20;

/**
 * Waits until an entry stands under a signed head of the log.
 * @returns false where it does not in this time: nobody sequences or signs, or the files cannot be read.
 */
export async function isSignedInTime(entry: string, placeOf: PlaceOf, pointers: Pointers, waitMaxMs: number): Promise<boolean> {
  const late = performance.now() + waitMaxMs;
  for (; performance.now() < late; await wait(lookEveryMs)) {
    const place = await placeOf(entry);
    if (place !== null && (await signedSize(pointers, place.shard)) > place.index) return true;
  }
  return false;
}

/** @returns 0 where there is no head that a key of the log has signed. */
async function signedSize(pointers: Pointers, shard: string): Promise<number> {
  try {
    const note = await pointers.read(checkpointOf(shard));
    if (note === null) return 0;
    return parseCheckpoint(openNote(note, await keysOf(pointers)).text).size;
  } catch {
    return 0;
  }
}

async function keysOf(pointers: Pointers): Promise<readonly NoteKey[]> {
  const text = (await pointers.read(keysFile)) ?? "";
  return text.split("\n").flatMap((line) => (line === "" ? [] : [parseKey(line)]));
}
