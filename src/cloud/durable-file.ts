import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes a new, read-only file; its bytes are on the disk when this resolves, its name is not (see {@link syncFolders}). */
export async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  // The mode binds later openings only: this handle may write.
  const handle = await open(file, "wx", 0o444);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it, for the owner only. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/**
 * Makes names durable: of a file and of every folder on the way from `top` to it. All of them, each time: a folder that exists may have been
 * made a moment ago by somebody who has not synced it yet. Syncing a clean folder costs next to nothing.
 */
export async function syncFolders(file: string, top: string): Promise<void> {
  for (let folder = dirname(file); folder.length >= top.length; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder === top) return;
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
