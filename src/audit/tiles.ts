import { foldNodes, type Hash, hashBytes, nodeHash, nodesOf, type Node, type Range } from "./merkle.ts";

/*
 * Static files of a log (C2SP tlog-tiles, 0.1.0). A tile holds up to 256 hashes of one level of the tree, eight levels apart; an entry bundle holds the 256
 * entries below a tile of level 0. The last one of a level may be partial; its width is part of its name, so that no file ever changes.
 *
 *   tile/<level>/<place>          tile/0/x001/x234/067       256 hashes
 *   tile/<level>/<place>.p/<n>    tile/1/000.p/15            15 hashes
 *   tile/entries/<place>          each entry: its length, two bytes, big-endian, and its bytes
 */
export const tileWidth = 256;
const levelsOfTile = 8;
/** Two bytes say the length of an entry in a bundle. */
export const bundledEntryBytesMax = 65_535;

export interface Tile {
  /** In tiles: level 1 is eight levels of the tree above level 0. */
  readonly level: number | "entries";
  readonly place: number;
  /** Hashes or entries in it, 1 to 256. */
  readonly width: number;
}

export function tilePath({ level, place, width }: Tile): string {
  const groups = String(place)
    .padStart(Math.ceil(String(place).length / 3) * 3, "0")
    .match(/\d{3}/g)!;
  const name = groups.map((group, index) => (index < groups.length - 1 ? `x${group}` : group)).join("/");
  return `tile/${level}/${name}${width === tileWidth ? "" : `.p/${width}`}`;
}

/** @returns null for what is no path of a tile. */
export function tileOfPath(path: string): Tile | null {
  const [, level, name, partial] = /^tile\/(\d{1,2}|entries)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path) ?? [];
  if (level === undefined || name === undefined) return null;
  const tile: Tile = {
    level: level === "entries" ? level : Number(level),
    place: Number(name.replaceAll(/[x/]/g, "")),
    width: partial === undefined ? tileWidth : Number(partial),
  };
  return tile.width > 0 && tile.width <= tileWidth && tilePath(tile) === path ? tile : null;
}

/** The tiles and bundles of a tree of `size` that those of a tree of `oldSize` do not have, lowest level first. */
export function newTiles(oldSize: number, size: number): readonly Tile[] {
  const tiles: Tile[] = [];
  const add = (level: Tile["level"], oldWidth: number, width: number): void => {
    for (let place = Math.floor(oldWidth / tileWidth); place * tileWidth < width; place++) {
      const filled = Math.min(tileWidth, width - place * tileWidth);
      if (place * tileWidth + filled > oldWidth) tiles.push({ level, place, width: filled });
    }
  };
  add("entries", oldSize, size);
  for (let level = 0, below = 1; size >= below; level++, below *= tileWidth) {
    add(level, Math.floor(oldSize / below), Math.floor(size / below));
  }
  return tiles;
}

/** The tile of a tree of `size` that a node's hash can be computed from, and the hashes in it that are below the node. */
export function tileOfNode({ level, index }: Node, size: number): { readonly tile: Tile; readonly from: number; readonly to: number } {
  const tileLevel = Math.floor(level / levelsOfTile);
  const below = 2 ** (level % levelsOfTile);
  const first = index * below;
  const place = Math.floor(first / tileWidth);
  const width = Math.min(tileWidth, Math.floor(size / tileWidth ** tileLevel) - place * tileWidth);
  const from = first - place * tileWidth;
  return { tile: { level: tileLevel, place, width }, from, to: from + below };
}

/** Gives the bytes of a tile. */
export type ReadTile = (tile: Tile) => Promise<Uint8Array>;

/** Hashes of ranges out of the tiles of a tree of `size`. @throws {RangeError} where a tile is shorter than its name says. */
export async function hashesOfRanges(ranges: readonly Range[], size: number, read: ReadTile): Promise<readonly Hash[]> {
  const tiles = new Map<string, Promise<Uint8Array>>();
  const tileOnce = (tile: Tile): Promise<Uint8Array> => {
    const path = tilePath(tile);
    let bytes = tiles.get(path);
    if (bytes === undefined) tiles.set(path, (bytes = read(tile)));
    return bytes;
  };
  const hashOfNode = async (node: Node): Promise<Hash> => {
    const { tile, from, to } = tileOfNode(node, size);
    return completeSubtree(hashesOfTile(await tileOnce(tile), tile.width).slice(from, to));
  };
  return await Promise.all(ranges.map(async (range) => foldNodes(await Promise.all(nodesOf(range).map(hashOfNode)))));
}

export function hashesOfTile(bytes: Uint8Array, width: number): readonly Hash[] {
  if (bytes.length !== width * hashBytes) throw new RangeError(`a tile of ${width} hashes has ${bytes.length} bytes`);
  return Array.from({ length: width }, (_, place) => Buffer.from(bytes.subarray(place * hashBytes, (place + 1) * hashBytes)));
}

/** @param hashes a power of two of them. */
export function completeSubtree(hashes: readonly Uint8Array[]): Hash {
  let row = hashes;
  while (row.length > 1) row = Array.from({ length: row.length / 2 }, (_, place) => nodeHash(row[2 * place]!, row[2 * place + 1]!));
  return Buffer.from(row[0]!);
}

export function bundleOf(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > bundledEntryBytesMax) throw new RangeError(`an entry of ${entry.length} bytes does not fit a bundle`);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** @throws {RangeError} where the bundle does not hold exactly `width` entries. */
export function entriesOfBundle(bundle: Uint8Array, width: number): readonly Buffer[] {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Buffer[] = [];
  let at = 0;
  while (at + 2 <= bytes.length && entries.length < width) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length !== width || at !== bytes.length) throw new RangeError(`a bundle does not hold ${width} whole entries`);
  return entries;
}
