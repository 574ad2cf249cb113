import { randomUUID } from "node:crypto";
import type { Dirent } from "node:fs";
import { link, open, readdir, readFile, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { makeFolder, syncFolder, syncFolders, writeDurably } from "./durable-file.ts";
import { ObjectStoreError, refuseBadKey } from "./object-store.ts";
import type { ObjectHead, ObjectStore, PutOptions } from "./object-store.ts";
import { RetentionMarks } from "./retention-marks.ts";

/** Within the store's folder, so that a link to an object's place stays in one file system. */
const TEMPORARY = ".tmp";
/** An older temporary file belongs to a put that died. */
export const temporaryAgeMaxMs = 24 * 60 * 60 * 1000;

/**
 * Objects as read-only files under one folder: for laptops and single machines. The retention is kept against this program only;
 * whoever owns the folder can delete what is in it. Write-once that stands up to its owner needs a store with an object lock.
 *
 * A put goes: temporary file, fsync, retention mark, link to its place, fsync of the folders. `link` refuses a name that is taken, which
 * `rename` does not. A crash leaves at most a temporary file and a retention mark without an object; neither stops the next put.
 */
export class FilesObjectStore implements ObjectStore {
  readonly #top: string;
  readonly #marks: RetentionMarks;

  private constructor(top: string) {
    this.#top = top;
    this.#marks = new RetentionMarks(top);
  }

  /** Makes the folder where there is none, and clears what dead puts left behind. */
  static async open(folder: string, now: Date): Promise<FilesObjectStore> {
    const top = resolve(folder);
    const temporary = join(top, TEMPORARY);
    return attempt(async () => {
      await makeFolder(temporary);
      await syncFolder(dirname(top));
      for (const name of await readdir(temporary)) {
        const file = join(temporary, name);
        const found = await orNull(stat(file));
        if (found !== null && now.getTime() - found.mtimeMs > temporaryAgeMaxMs) await orNull(unlink(file));
      }
      return new FilesObjectStore(top);
    });
  }

  /** For a process that only reads: it touches nothing. Its puts fail where the process may not write. */
  static ofReader(folder: string): FilesObjectStore {
    return new FilesObjectStore(resolve(folder));
  }

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<void> {
    const file = this.#file(key);
    await attempt(async () => {
      // Looked up first, so that a put that must fail leaves no mark at somebody else's object.
      if ((await orNull(stat(file))) !== null) throw new ObjectStoreError("exists", "an object stands under this key");
      const temporary = join(this.#top, TEMPORARY, randomUUID());
      try {
        await writeDurably(temporary, bytes);
        await makeFolder(dirname(file));
        if (options.retainUntil !== undefined) await this.#marks.add(key, options.retainUntil);
        await link(temporary, file);
      } finally {
        await orNull(unlink(temporary));
      }
      await syncFolders(file, this.#top);
    });
  }

  async get(key: string): Promise<Uint8Array | null> {
    const file = this.#file(key);
    return attempt(() => orNull(readFile(file)));
  }

  async head(key: string): Promise<ObjectHead | null> {
    const file = this.#file(key);
    return attempt(async () => {
      const found = await orNull(stat(file));
      return found === null || !found.isFile() ? null : { bytes: found.size, retainUntil: await this.#marks.latest(key) };
    });
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | null> {
    const file = this.#file(key);
    return attempt(async () => {
      const handle = await orNull(open(file, "r"));
      if (handle === null) return null;
      try {
        const found = await handle.stat();
        if (!found.isFile()) return null;
        if (offset + length > found.size)
          throw new ObjectStoreError("out-of-range", `${length} bytes from ${offset} of an object of ${found.size}`);
        const bytes = Buffer.alloc(length);
        const { bytesRead } = await handle.read(bytes, 0, length, offset);
        if (bytesRead !== length) throw new ObjectStoreError("unavailable", `read ${bytesRead} of ${length} bytes`);
        return bytes;
      } finally {
        await handle.close();
      }
    });
  }

  list(prefix: string): AsyncIterable<string> {
    return this.#walk(folderOf(prefix), prefix);
  }

  /**
   * Deletes an object whose retention has ended or that has none.
   * @returns false when there is no such object.
   * @throws {ObjectStoreError} `retained` before its date; `unavailable`, `invalid-key`.
   */
  async deleteExpired(key: string, now: Date): Promise<boolean> {
    const file = this.#file(key);
    return attempt(async () => {
      const until = await this.#marks.latest(key);
      if (until !== null && until > now) throw new ObjectStoreError("retained", `the object is retained until ${until.toISOString()}`);
      const found = await orNull(stat(file));
      if (found === null) return false;
      // Marks first: once the object is gone, a new one under this key may be setting its own.
      await this.#marks.remove(key);
      await unlink(file);
      await syncFolder(dirname(file));
      return true;
    });
  }

  /** @param folder of keys, "" or ending in a slash. */
  async *#walk(folder: string, prefix: string): AsyncGenerator<string> {
    const entries = await attempt(() => orNull(readdir(join(this.#top, folder), { withFileTypes: true })));
    // A folder's keys sort by its name and the slash: `a-b` comes before `a/b`, `a0` after it.
    const names = (entries ?? []).filter((entry) => !entry.name.startsWith(".")).map(nameInKey);
    for (const name of names.sort()) {
      const path = folder + name;
      if (name.endsWith("/") && (path.startsWith(prefix) || prefix.startsWith(path))) yield* this.#walk(path, prefix);
      if (!name.endsWith("/") && path.startsWith(prefix)) yield path;
    }
  }

  #file(key: string): string {
    refuseBadKey(key);
    return join(this.#top, key);
  }
}

/** The folder that all keys with a prefix are in, which a reader may be let into without those above it; "" where the prefix is no part of a key. */
function folderOf(prefix: string): string {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  return folder === "" || folder.split("/").every((part, index, all) => index === all.length - 1 || /^[a-z0-9][a-z0-9_.-]*$/.test(part))
    ? folder
    : "";
}

function nameInKey(entry: Dirent): string {
  return entry.isDirectory() ? `${entry.name}/` : entry.name;
}

/** @returns null where the file system says that there is no such file. */
async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return null;
    throw error;
  }
}

/** Gives the file system's errors the port's names. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ObjectStoreError || error instanceof RangeError) throw error;
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && syscall === "link") throw new ObjectStoreError("exists", "an object stands under this key", { cause: error });
    if (code === "EEXIST" || code === "ENOTDIR")
      throw new ObjectStoreError("invalid-key", "an object's key is a folder of this one", { cause: error });
    throw new ObjectStoreError("unavailable", `the file system failed at ${syscall ?? "its work"}: ${code ?? "no code"}`, { cause: error });
  }
}
