import { writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkpointText } from "../../src/audit/checkpoint.ts";
import { GrowingTree, leafHash } from "../../src/audit/merkle.ts";
import { type NoteSigner, signNote } from "../../src/audit/note.ts";
import { bundleOf, newTiles, tilePath, tileWidth } from "../../src/audit/tiles.ts";

/**
 * Writes a log into a folder as a sequencer would, in steps, and leaves earlier partial tiles where they are.
 * @param signer whose name is the log's. @returns the checkpoint of each step, of which the last one is in the folder.
 */
export async function writeLog(
  folder: string,
  steps: readonly number[],
  signer: NoteSigner,
  entryOf: (index: number) => Buffer,
): Promise<readonly string[]> {
  const tree = new GrowingTree();
  const rows: Buffer[][] = [[]];
  const checkpoints: string[] = [];
  for (const size of steps) {
    const before = tree.size;
    for (let index = before; index < size; index++) {
      let hash = leafHash(entryOf(index));
      tree.append(hash);
      for (let level = 0; ; level++) {
        const row = (rows[level] ??= []);
        row.push(hash);
        if (row.length % tileWidth !== 0) break;
        const subtree = new GrowingTree();
        for (const each of row.slice(-tileWidth)) subtree.append(each);
        hash = subtree.root();
      }
    }
    for (const tile of newTiles(before, size)) {
      const [from, to] = [tile.place * tileWidth, tile.place * tileWidth + tile.width];
      const bytes =
        tile.level === "entries"
          ? bundleOf(Array.from({ length: tile.width }, (_, place) => entryOf(from + place)))
          : Buffer.concat(rows[tile.level]!.slice(from, to));
      const path = join(folder, tilePath(tile));
      await mkdir(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
    checkpoints.push(await signNote(checkpointText({ origin: signer.key.name, size, root: tree.root() }), [signer]));
  }
  writeFileSync(join(folder, "checkpoint"), checkpoints.at(-1)!);
  return checkpoints;
}
