import type { Checkpoint } from "./checkpoint.ts";
import { type LogEntry, readEntry } from "./entry.ts";
import { beginningOf, filesBelow, LogError, readOrNull, readTile } from "./log-folder.ts";
import { newTiles, type Tile, tileOfPath, tilePath, tileWidth } from "./tiles.ts";

/** Logs of Parcelkeep have names that end so, one a year; whoever verifies has the name with the key, from elsewhere than the folder. */
export function isOwnLog(origin: string): boolean {
  return /\/audit\/\d{4}$/.test(origin);
}

/**
 * What an exported log of Parcelkeep keeps to besides its tree:
 *
 *   entries   each is canonical JSON of its form, so that every reader reads the same; the first opens this very log, and nothing stands behind the one that closes it
 *   tile/…    each file is called for by the checkpoint, or is the beginning of one that is: nothing lies there that nobody has signed
 *
 * Logs of others are not held to this: their entries are their own matter, and a folder that grows may hold more than a checkpoint is of.
 */
export class OwnLog {
  readonly #folder: string;
  readonly #checkpoint: Checkpoint;
  #last: LogEntry | null = null;

  constructor(folder: string, checkpoint: Checkpoint) {
    this.#folder = folder;
    this.#checkpoint = checkpoint;
  }

  /** @throws {LogError} */
  checkEntry(bytes: Buffer, index: number): void {
    const refuse = (why: string): never => {
      const place = Math.floor(index / tileWidth);
      const width = Math.min(tileWidth, this.#checkpoint.size - place * tileWidth);
      throw new LogError("bad-entry", tilePath({ level: "entries", place, width }), `entry ${index} ${why}`);
    };
    const entry = readEntry(bytes) ?? refuse("is not of the form that entries have: canonical JSON of plain facts");
    const opensThis = entry.type === "log.opened" && entry.facts["origin"] === this.#checkpoint.origin;
    if (index === 0 && !opensThis) refuse("is the first one and does not open this log");
    if (this.#last?.type === "log.closed") refuse("stands behind the one that closes the log");
    this.#last = entry;
  }

  /** @throws {LogError} */
  async checkOtherFiles(): Promise<void> {
    const { size } = this.#checkpoint;
    const called = new Set(newTiles(0, size).map(tilePath));
    for (const path of await filesBelow(this.#folder, "tile")) {
      if (called.has(path)) continue;
      const tile = tileOfPath(path);
      const whole = tile === null ? null : tileIn(tile, size);
      if (tile === null || whole === null || whole.width < tile.width)
        throw new LogError("beyond", path, `the checkpoint is signed for ${size} entries, which do not call for this file`);
      const expected = beginningOf(await readTile(this.#folder, whole), whole, tile.width);
      if ((await readOrNull(this.#folder, path))?.equals(expected) !== true)
        throw new LogError("damaged", path, `the file is not the beginning of ${tilePath(whole)}`);
    }
  }
}

/** The tile at a place of a tree; null where the tree has none there. */
function tileIn({ level, place }: Tile, size: number): Tile | null {
  const hashes = level === "entries" ? size : Math.floor(size / tileWidth ** level);
  const width = Math.min(tileWidth, hashes - place * tileWidth);
  return width > 0 ? { level, place, width } : null;
}
