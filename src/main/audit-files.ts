import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LogFiles, SignedHead } from "../audit/publisher.ts";
import { syncFolder, writeDurably } from "../cloud/durable-file.ts";
import { type ObjectStore, ObjectStoreError } from "../cloud/object-store.ts";

/** Tiles, bundles and checkpoints of one shard, as objects that nobody overwrites; `checkpoint`, which moves, is a file beside them. */
export function logFiles(objects: ObjectStore, pointers: string, shard: string, retainUntil: () => Date): LogFiles {
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
    point: (note) => replaceFile(join(pointers, shard), "checkpoint", note),
  };
}

/** Where `checkpoint` of each shard stands. */
export function pointerFolder({ dataDir }: { readonly dataDir: string }): string {
  return join(dataDir, "audit");
}

/** Where a shard's objects are in the object store. */
export function logFolder(shard: string): string {
  return `audit/${shard}`;
}

/** The last signed checkpoint in a folder of its own, which may lie on another disk. One sequencer at a time, by its lock. */
export function fileHead(folder: string, shard: string): SignedHead {
  const read = async (): Promise<string | null> => readOrNull(join(folder, shard, "signed-checkpoint"));
  return {
    read,
    advance: async (before, note) => {
      if ((await read()) !== before) return false;
      await replaceFile(join(folder, shard), "signed-checkpoint", note);
      return true;
    },
  };
}

/** Verifier keys of the log, one a line, beside the shards' `checkpoint`s. */
export const keysFile = "keys.txt";

/** Adds a verifier key where it does not stand yet; older ones stay, since older checkpoints are signed by them. */
export async function publishKey(pointers: string, key: string): Promise<void> {
  const before = (await readOrNull(join(pointers, keysFile))) ?? "";
  if (!before.split("\n").includes(key)) await replaceFile(pointers, keysFile, `${before}${key}\n`);
}

export async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function replaceFile(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `${name}.new`);
  await rm(temporary, { force: true });
  await writeDurably(temporary, Buffer.from(text));
  await rename(temporary, join(folder, name));
  await syncFolder(folder);
}
