import type { Checkpoint } from "./checkpoint.ts";
import { entriesIn, hashesIn, LogError, readOrNull, readTile } from "./log-folder.ts";
import { LogHeads } from "./log-heads.ts";
import { GrowingTree, type Hash, leafHash } from "./merkle.ts";
import { NoteError } from "./note.ts";
import { isOwnLog, OwnLog } from "./own-log.ts";
import { openCheckpoint, type Policy } from "./policy.ts";
import { completeSubtree, type Tile, tilePath, tileWidth } from "./tiles.ts";

/**
 * Checks an exported log, a folder with `checkpoint` and `tile/…`, from its first entry to its last: the checkpoint is signed as the policy asks, every entry
 * bundle and every tile is there and whole, each tile holds the hashes of what is below it, the entries have the signed root, and the log had each earlier head
 * that lies beside. What a log of Parcelkeep has to keep to besides stands in `own-log.ts`.
 * @param visit is called with each entry in order, before the root is known to be right.
 * @throws {NoteError} of the checkpoint. @throws {LogError}
 */
export async function verifyLog(
  folder: string,
  policy: Policy,
  visit: (entry: Buffer, index: number) => void = () => {},
): Promise<Checkpoint> {
  const checkpoint = await readCheckpoint(folder, policy);
  const heads = await LogHeads.read(folder, policy, checkpoint);
  const own = isOwnLog(checkpoint.origin) ? new OwnLog(folder, checkpoint) : null;
  const tree = new GrowingTree();
  const levels = new TileChecks(folder);
  for (let first = 0; first < checkpoint.size; first += tileWidth) {
    const bundle: Tile = { level: "entries", place: first / tileWidth, width: Math.min(tileWidth, checkpoint.size - first) };
    const entries = entriesIn(await readTile(folder, bundle), bundle);
    for (const [place, entry] of entries.entries()) {
      heads.check(tree);
      own?.checkEntry(entry, first + place);
      visit(entry, first + place);
      const leaf = leafHash(entry);
      tree.append(leaf);
      await levels.add(0, leaf);
    }
  }
  await levels.end();
  if (!tree.root().equals(checkpoint.root))
    throw new LogError("wrong-root", "checkpoint", "the entries are not those that the checkpoint is signed for");
  heads.check(tree);
  await own?.checkOtherFiles();
  return checkpoint;
}

async function readCheckpoint(folder: string, policy: Policy): Promise<Checkpoint> {
  const note = await readOrNull(folder, "checkpoint");
  if (note === null) throw new LogError("missing", "checkpoint", "the folder holds no checkpoint");
  try {
    return openCheckpoint(note.toString("utf8"), policy);
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw new NoteError(error.code, `checkpoint: ${error.message}`, { cause: error });
  }
}

/** Compares each tile with the hashes of what stands below it, as soon as these are known. */
class TileChecks {
  readonly #folder: string;
  readonly #rows: { readonly hashes: Hash[]; place: number }[] = [];

  constructor(folder: string) {
    this.#folder = folder;
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
    const hashes = hashesIn(await readTile(this.#folder, tile), tile);
    if (hashes.some((hash, place) => !hash.equals(expected[place]!)))
      throw new LogError("damaged", tilePath(tile), "the tile does not hold the hashes of what is below it");
  }
}
