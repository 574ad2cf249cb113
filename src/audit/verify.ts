import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "./checkpoint.ts";
import { GrowingTree, type Hash, leafHash } from "./merkle.ts";
import { openCheckpoint, type Policy } from "./policy.ts";
import { completeSubtree, entriesOfBundle, hashesOfTile, type Tile, tilePath, tileWidth } from "./tiles.ts";

export class LogError extends Error {
  override readonly name = "LogError";
  /** `missing`: a file that the checkpoint's size calls for; `damaged`: one that is not what it should be; `wrong-root`: the entries are not those signed for. */
  readonly code: "missing" | "damaged" | "wrong-root";
  /** Relative to the log's folder. */
  readonly path: string;
  constructor(code: LogError["code"], path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}

/**
 * Checks an exported log, a folder with `checkpoint` and `tile/…`, from its first entry to its last: the checkpoint is signed as the policy asks, every entry
 * bundle and every tile is there and whole, each tile holds the hashes of what is below it, and the entries have the signed root.
 * @param visit is called with each entry in order.
 * @throws {NoteError} of the checkpoint. @throws {LogError}
 */
export async function verifyLog(
  folder: string,
  policy: Policy,
  visit: (entry: Buffer, index: number) => void = () => {},
): Promise<Checkpoint> {
  const note = await readFile(join(folder, "checkpoint"), "utf8").catch((error: unknown) => {
    throw new LogError("missing", "checkpoint", "the folder holds no checkpoint", { cause: error });
  });
  const checkpoint = openCheckpoint(note, policy);
  const tree = new GrowingTree();
  const levels = new TileChecks(folder, checkpoint.size);
  for (let first = 0; first < checkpoint.size; first += tileWidth) {
    const bundle: Tile = { level: "entries", place: first / tileWidth, width: Math.min(tileWidth, checkpoint.size - first) };
    const entries = entriesOf(await readTile(folder, bundle), bundle);
    for (const [place, entry] of entries.entries()) {
      visit(entry, first + place);
      const leaf = leafHash(entry);
      tree.append(leaf);
      await levels.add(0, leaf);
    }
  }
  await levels.end();
  if (!tree.root().equals(checkpoint.root))
    throw new LogError("wrong-root", "checkpoint", "the entries are not those that the checkpoint is signed for");
  return checkpoint;
}

/** Compares each tile with the hashes of what stands below it, as soon as these are known. */
class TileChecks {
  readonly #folder: string;
  readonly #size: number;
  readonly #rows: { readonly hashes: Hash[]; place: number }[] = [];

  constructor(folder: string, size: number) {
    this.#folder = folder;
    this.#size = size;
  }

  async add(level: number, hash: Hash): Promise<void> {
    const row = (this.#rows[level] ??= { hashes: [], place: 0 });
    row.hashes.push(hash);
    if (row.hashes.length < tileWidth) return;
    const hashes = row.hashes.splice(0);
    await this.#compare({ level, place: row.place++, width: tileWidth }, hashes);
    await this.add(level + 1, completeSubtree(hashes));
  }

  /** The partial tiles at the right edge. */
  async end(): Promise<void> {
    for (const [level, { hashes, place }] of this.#rows.entries()) {
      if (hashes.length > 0) await this.#compare({ level, place, width: hashes.length }, hashes);
    }
  }

  async #compare(tile: Tile, expected: readonly Hash[]): Promise<void> {
    const bytes = await readTile(this.#folder, tile);
    let hashes: readonly Hash[];
    try {
      hashes = hashesOfTile(bytes, tile.width);
    } catch (error) {
      throw new LogError("damaged", tilePath(tile), `a tile of a log of ${this.#size} entries has a wrong length`, { cause: error });
    }
    if (hashes.some((hash, place) => !hash.equals(expected[place]!))) {
      throw new LogError("damaged", tilePath(tile), "a tile does not hold the hashes of what is below it");
    }
  }
}

/** A partial tile may have been replaced by the full one, whose beginning it is (tlog-tiles, "partial tiles"). */
async function readTile(folder: string, tile: Tile): Promise<Buffer> {
  const path = tilePath(tile);
  try {
    return await readFile(join(folder, path));
  } catch (error) {
    if (tile.width === tileWidth) throw new LogError("missing", path, "a file of the log is missing", { cause: error });
    try {
      return beginningOf(await readFile(join(folder, tilePath({ ...tile, width: tileWidth }))), tile);
    } catch {
      throw new LogError("missing", path, "a file of the log is missing", { cause: error });
    }
  }
}

function beginningOf(full: Buffer, tile: Tile): Buffer {
  if (tile.level !== "entries") return full.subarray(0, tile.width * 32);
  let at = 0;
  for (let entry = 0; entry < tile.width && at + 2 <= full.length; entry++) at += 2 + full.readUInt16BE(at);
  return full.subarray(0, at);
}

function entriesOf(bytes: Buffer, bundle: Tile): readonly Buffer[] {
  try {
    return entriesOfBundle(bytes, bundle.width);
  } catch (error) {
    throw new LogError("damaged", tilePath(bundle), "an entry bundle is not whole", { cause: error });
  }
}
