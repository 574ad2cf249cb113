import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseCheckpoint } from "../audit/checkpoint.ts";
import { noteBytesMax, parseNote } from "../audit/note.ts";
import { newTiles, type Tile, tilePath } from "../audit/tiles.ts";

const atOnce = 8;
const tileBytesMax = 256 * 65_537;

/**
 * Copies a whole log into a folder, as `audit verify` and other tools of C2SP tlog-tiles read it. The checkpoint is written last.
 * @param folder new, or a copy that was made before: its full tiles are taken as they are.
 * @returns entries in the log.
 */
export async function exportLog(
  read: (path: string, bytesMax: number) => Promise<Buffer | null>,
  folder: string,
  report: (done: number, all: number) => void,
): Promise<number> {
  const note = await read("checkpoint", noteBytesMax);
  if (note === null) throw new Error("the log has no checkpoint yet");
  const { size } = parseCheckpoint(parseNote(note.toString("utf8")).text);
  const tiles = newTiles(0, size);
  let done = 0;
  for (let first = 0; first < tiles.length; first += atOnce) {
    await Promise.all(
      tiles.slice(first, first + atOnce).map(async (tile) => {
        const path = join(folder, tilePath(tile));
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, await tileBytes(read, tile));
        report(++done, tiles.length);
      }),
    );
  }
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "checkpoint"), note);
  return size;
}

async function tileBytes(read: (path: string, bytesMax: number) => Promise<Buffer | null>, tile: Tile): Promise<Buffer> {
  const bytes = await read(tilePath(tile), tileBytesMax);
  if (bytes === null) throw new Error(`the log lacks ${tilePath(tile)}`);
  return bytes;
}
