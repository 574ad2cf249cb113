import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseCheckpoint } from "../../audit/checkpoint.ts";
import { noteBytesMax, parseNote } from "../../audit/note.ts";
import { newTiles, type Tile, tilePath } from "../../audit/tiles.ts";

/** Reads a file of the log, or what tells of it. @returns null where there is none. */
type ReadFile = (path: string, bytesMax: number) => Promise<Buffer | null>;

const atOnce = 8;
const tileBytesMax = 256 * 65_537;

/**
 * Copies a whole log into a folder, as `audit verify` and other tools of C2SP tlog-tiles read it. The checkpoint is written last.
 * @param folder new, or an earlier copy of the same log, which is made up to date.
 * @returns entries in the log.
 */
export async function exportLog(read: ReadFile, folder: string, report: (done: number, all: number) => void): Promise<number> {
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
  await exportTimeStamps(read, folder, size);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "checkpoint"), note);
  return size;
}

/** `timestamps/<size>.tsr` (RFC 3161), each with `checkpoints/<size>`, which it is of. */
async function exportTimeStamps(read: ReadFile, folder: string, sizeMax: number): Promise<void> {
  const listed = await read("v1/audit/time-stamps", noteBytesMax);
  const { sizes } = JSON.parse(listed?.toString("utf8") ?? '{"sizes":[]}') as { sizes: number[] };
  for (const part of ["checkpoints", "timestamps"]) await mkdir(join(folder, part), { recursive: true });
  // One that came meanwhile is of entries that are not in this copy.
  for (const size of sizes.filter((each) => each <= sizeMax)) {
    const token = await read(`v1/audit/time-stamps/${size}`, noteBytesMax);
    const checkpoint = await read(`v1/audit/time-stamps/${size}/checkpoint`, noteBytesMax);
    if (token === null || checkpoint === null) throw new Error(`the log lacks the time-stamp of ${size} entries`);
    await writeFile(join(folder, "checkpoints", String(size)), checkpoint);
    await writeFile(join(folder, "timestamps", `${size}.tsr`), token);
  }
}

async function tileBytes(read: ReadFile, tile: Tile): Promise<Buffer> {
  const bytes = await read(tilePath(tile), tileBytesMax);
  if (bytes === null) throw new Error(`the log lacks ${tilePath(tile)}`);
  return bytes;
}
