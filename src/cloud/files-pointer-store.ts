import { readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder, syncFolder, writeDurably } from "./durable-file.ts";
import { refuseBadKey } from "./object-store.ts";
import type { PointerStore } from "./pointer-store.ts";

/** Pointers as files that are replaced whole. One writer at a time, by a lock of the writer's own. */
export class FilesPointerStore implements PointerStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(name: string): Promise<string | null> {
    return readOrNull(this.#path(name));
  }

  async replace(name: string, before: string | null, text: string): Promise<boolean> {
    if ((await this.read(name)) !== before) return false;
    await replaceFile(this.#path(name), text);
    return true;
  }

  #path(name: string): string {
    refuseBadKey(name);
    return join(this.#folder, name);
  }
}

/** @returns null where there is no such file. */
export async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Durable when it resolves. One writer at a time. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  await writeDurably(temporary, Buffer.from(text));
  await rename(temporary, path);
  await syncFolder(folder);
}
