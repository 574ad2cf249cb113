import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { entriesOfBundle, hashesOfTile, type Tile, tilePath, tileWidth } from "./tiles.ts";

/** Says which file of an exported log does not hold, and which rule it breaks. */
export class LogError extends Error {
  override readonly name = "LogError";
  /**
   * `missing`: a file that the checkpoint's size calls for. `damaged`: one that is not what it should be. `wrong-root`: the entries are not those signed for. `other-head`: an earlier head that this
   * log never had. `bad-entry`: an entry is not of its form, or not in its place. `beyond`: a file that the checkpoint is not signed for.
   */
  readonly code: "missing" | "damaged" | "wrong-root" | "bad-entry" | "other-head" | "beyond";
  /** Relative to the log's folder. */
  readonly path: string;
  constructor(code: LogError["code"], path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.code = code;
    this.path = path;
  }
}

/** A partial tile may have been replaced by the full one, whose beginning it is (tlog-tiles, "partial tiles"). @throws {LogError} */
export async function readTile(folder: string, tile: Tile): Promise<Buffer> {
  const bytes = await readOrNull(folder, tilePath(tile));
  if (bytes !== null) return bytes;
  const full = { ...tile, width: tileWidth };
  const replaced = tile.width === tileWidth ? null : await readOrNull(folder, tilePath(full));
  if (replaced === null) throw new LogError("missing", tilePath(tile), "a file of the log is missing");
  return beginningOf(replaced, full, tile.width);
}

/** The first hashes or entries of a tile or bundle. @throws {LogError} where it is not whole. */
export function beginningOf(bytes: Buffer, tile: Tile, width: number): Buffer {
  if (tile.level !== "entries") {
    hashesIn(bytes, tile);
    return bytes.subarray(0, width * (bytes.length / tile.width));
  }
  const behind = entriesIn(bytes, tile).slice(width);
  return bytes.subarray(0, bytes.length - behind.reduce((sum, entry) => sum + 2 + entry.length, 0));
}

/** @throws {LogError} where it does not have its width. */
export function hashesIn(bytes: Buffer, tile: Tile): readonly Buffer[] {
  try {
    return hashesOfTile(bytes, tile.width);
  } catch (error) {
    throw new LogError("damaged", tilePath(tile), `the tile does not hold ${tile.width} hashes`, { cause: error });
  }
}

/** @throws {LogError} where it does not have its width. */
export function entriesIn(bytes: Buffer, bundle: Tile): readonly Buffer[] {
  try {
    return entriesOfBundle(bytes, bundle.width);
  } catch (error) {
    throw new LogError("damaged", tilePath(bundle), `the bundle does not hold ${bundle.width} whole entries`, { cause: error });
  }
}

/** Every file below a folder of the log, in order, relative to the log's folder; hidden ones are passed over. */
export async function filesBelow(folder: string, part: string): Promise<readonly string[]> {
  const found = await readdir(join(folder, part), { recursive: true, withFileTypes: true }).catch(nullIfAbsent);
  return (found ?? [])
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .toSorted();
}

/** @returns null where there is no such file. */
export async function readOrNull(folder: string, path: string): Promise<Buffer | null> {
  return await readFile(join(folder, path)).catch(nullIfAbsent);
}

function nullIfAbsent(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
  throw error;
}
