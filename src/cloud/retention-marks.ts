import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, syncFolders, writeDurably } from "./durable-file.ts";

/** Beside the objects, where no key can reach: none begins with a dot. */
const FOLDER = ".retention";
/** So that nobody who looks for objects by how their names end takes a folder of marks for one. */
const SUFFIX = ".until";

/**
 * Until when objects are retained: for each object a folder of empty files, named by a moment in epoch milliseconds. The latest counts, so
 * marks are only ever added: puts that race for one key can lengthen the winner's retention and never shorten it, without a lock. One file
 * that is replaced could be replaced by the loser's earlier date.
 */
export class RetentionMarks {
  readonly #top: string;

  /** @param top the store's folder. */
  constructor(top: string) {
    this.#top = top;
  }

  /** Durable when it resolves. */
  async add(key: string, until: Date): Promise<void> {
    if (Number.isNaN(until.getTime())) throw new RangeError("a retention needs a valid date");
    const folder = this.#folder(key);
    await makeFolder(folder);
    const mark = join(folder, String(until.getTime()));
    await writeDurably(mark, new Uint8Array(0)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    await syncFolders(mark, this.#top);
  }

  async latest(key: string): Promise<Date | null> {
    const names = await readdir(this.#folder(key)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
      throw error;
    });
    const moments = names.map(Number);
    return moments.length === 0 ? null : new Date(Math.max(...moments));
  }

  /** For an object whose retention has ended. */
  async remove(key: string): Promise<void> {
    await rm(this.#folder(key), { recursive: true, force: true });
  }

  #folder(key: string): string {
    return join(this.#top, FOLDER, `${key}${SUFFIX}`);
  }
}
