import type { LogFiles, SignedHead } from "../../audit/publisher.ts";
import { type ObjectStore, ObjectStoreError } from "../../cloud/object-store.ts";
import { point, type PointerStore } from "../../cloud/pointer-store.ts";

/** Tiles, bundles and checkpoints of one shard, as objects that nobody overwrites; `checkpoint`, which moves, is a pointer beside them. */
export function logFiles(objects: ObjectStore, pointers: PointerStore, shard: string, retainUntil: () => Date): LogFiles {
  const key = (path: string): string => `${logFolder(shard)}/${path}`;
  return {
    create: async (path, bytes) => {
      try {
        await objects.put(key(path), bytes, { retainUntil: retainUntil() });
        return true;
      } catch (error) {
        if (error instanceof ObjectStoreError && error.code === "exists") return false;
        throw error;
      }
    },
    read: (path) => objects.get(key(path)),
    point: (note) => point(pointers, checkpointOf(shard), note),
  };
}

/** Name of the pointer to a shard's newest checkpoint. */
export function checkpointOf(shard: string): string {
  return `${shard}/checkpoint`;
}

/** Where a shard's objects are in the object store. */
export function logFolder(shard: string): string {
  return `audit/${shard}`;
}

/** The last signed checkpoint, which may lie on another disk or in another account. */
export function signedHead(anchor: PointerStore, shard: string): SignedHead {
  const name = `${shard}/signed-checkpoint`;
  return { read: () => anchor.read(name), advance: (before, note) => anchor.replace(name, before, note) };
}

/** Where the time-stamp of a checkpoint is. */
export function timeStampKey(shard: string, size: number): string {
  return `${logFolder(shard)}/timestamps/${size}.tsr`;
}

/** @returns null where a key is of something else. */
export function sizeOfTimeStamp(key: string): number | null {
  const [, size] = /\/timestamps\/(0|[1-9]\d{0,15})\.tsr$/.exec(key) ?? [];
  return size === undefined ? null : Number(size);
}

/** Verifier keys of the log, one a line, beside the shards' checkpoints. */
export const keysFile = "keys.txt";

/** Adds a verifier key where it does not stand yet; older ones stay, since older checkpoints are signed by them. */
export async function publishKey(pointers: PointerStore, key: string): Promise<void> {
  for (;;) {
    const before = await pointers.read(keysFile);
    const keys = before ?? "";
    if (keys.split("\n").includes(key) || (await pointers.replace(keysFile, before, `${keys}${key}\n`))) return;
  }
}
