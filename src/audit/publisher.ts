import { type Checkpoint, checkpointText, parseCheckpoint } from "./checkpoint.ts";
import { emptyRoot, foldNodes, GrowingTree, type Hash, leafHash, nodesOf } from "./merkle.ts";
import { noteBytesMax, type NoteSigner, parseNote, signNote } from "./note.ts";
import { bundleOf, completeSubtree, entriesOfBundle, hashesOfTile, type Tile, tileOfNode, tilePath, tileWidth } from "./tiles.ts";

/*
 * Publishing a log that has grown:
 *
 *   1 read the last signed checkpoint from where it is kept apart, and the right edge of the tree at that size from the published tiles; its root must be
 *     the one that was signed
 *   2 append the new entries; the root must be the one that the sequencer has. So the new tree begins with the signed one, or nothing is signed
 *   3 write bundles and tiles; what is there already must have the same bytes
 *   4 sign, have witnesses cosign, and put the new checkpoint in the place of the last signed one, if that is still the same
 *   5 write `checkpoints/<size>`, and let `checkpoint` name it
 *
 * A crash between any two leaves files that the next run finds equal, or a signature that nobody has seen.
 */

/** Files of the log that are written once. */
export interface LogFiles {
  /** @returns false, and changes nothing, where there is a file already. Durable once it resolves. */
  create(path: string, bytes: Uint8Array): Promise<boolean>;
  /** @returns null where there is none. */
  read(path: string): Promise<Uint8Array | null>;
  /** Lets `checkpoint` be this note. The one file that changes. */
  point(note: string): Promise<void>;
}

/** Where the last signed checkpoint is kept: apart from database and files, so that a restored backup of these cannot make the log forget it. */
export interface SignedHead {
  read(): Promise<string | null>;
  /** @returns false, and changes nothing, where it is not `before` any more. Durable once it resolves. */
  advance(before: string | null, note: string): Promise<boolean>;
}

/**
 * Adds witnesses' signature lines to a signed note. @param oldSize of the checkpoint before.
 * @throws {PublishError} `held` where the note may not be published as it is. Whether a witness that does not answer is a reason for that, its policy says.
 */
export type Cosign = (note: string, checkpoint: Checkpoint, oldSize: number) => Promise<string>;

export class PublishError extends Error {
  override readonly name = "PublishError";
  /**
   * `fork`: what the sequencer has does not go on from what was signed; nothing is signed, page a person. `behind`: the database has fewer entries than were
   * signed (a restored backup); they can be taken back from the files. `damaged`: a published file is not what it should be. `overtaken`: another
   * publisher was faster; start anew. `held`: too few witnesses have cosigned, or one has seen another log of this name; try again.
   */
  readonly code: "fork" | "behind" | "damaged" | "overtaken" | "held";
  constructor(code: PublishError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The log as the sequencer has it. */
export interface SequencedLog {
  readonly size: number;
  readonly hashes: readonly Hash[];
  /** Entries from `from` up to and without `to`, in order. */
  entries(from: number, to: number): Promise<readonly Uint8Array[]>;
}

export class Publisher {
  readonly #origin: string;
  readonly #files: LogFiles;
  readonly #head: SignedHead;
  readonly #signers: readonly NoteSigner[];
  readonly #cosign: Cosign;
  #edge: Edge | null = null;

  /** @param signers the log's key first. */
  constructor(origin: string, files: LogFiles, head: SignedHead, signers: readonly NoteSigner[], cosign: Cosign = async (note) => note) {
    this.#origin = origin;
    this.#files = files;
    this.#head = head;
    this.#signers = signers;
    this.#cosign = cosign;
  }

  /** @returns how many entries the last signed head is of. A database that has fewer was restored, and must not go on before it has them back. */
  async signedSize(): Promise<number> {
    const note = await this.#head.read();
    return note === null ? 0 : parseCheckpoint(parseNote(note).text).size;
  }

  /** @returns the checkpoint that stands at the end, new or not. @throws {PublishError} */
  async publish(log: SequencedLog): Promise<Checkpoint> {
    const edge = this.#edge ?? (await this.#openEdge());
    // Until it is done, it is not known.
    this.#edge = null;
    const { checkpoint: signed, note: before } = edge;
    if (log.size < signed.size) throw new PublishError("behind", `${log.size} entries are at hand, and ${signed.size} were signed`);
    if (log.size > signed.size) await this.#append(edge, log);
    const checkpoint: Checkpoint = { origin: this.#origin, size: log.size, root: foldNodes(log.hashes) };
    if (!edge.tree.root().equals(checkpoint.root))
      throw new PublishError("fork", "the entries at hand do not go on from those that were signed");
    if (before === null || log.size > signed.size) {
      const note = await this.#cosign(await signNote(checkpointText(checkpoint), this.#signers), checkpoint, signed.size);
      if (!(await this.#head.advance(before, note))) throw new PublishError("overtaken", "another publisher has signed meanwhile");
      edge.note = note;
      edge.checkpoint = checkpoint;
    }
    // Also where nothing is new: a crash may have come before it.
    if (!(await this.#files.create(`checkpoints/${checkpoint.size}`, Buffer.from(edge.note!)))) await this.#refuseOther(checkpoint);
    await this.#files.point(edge.note!);
    this.#edge = edge;
    return checkpoint;
  }

  /** The entries that were signed and published, for a database that has fewer. @throws {PublishError} `damaged`. */
  async *signedEntries(from: number): AsyncGenerator<{ readonly index: number; readonly entry: Buffer }> {
    const { checkpoint } = await this.#openEdge();
    for (let place = Math.floor(from / tileWidth); place * tileWidth < checkpoint.size; place++) {
      const width = Math.min(tileWidth, checkpoint.size - place * tileWidth);
      const entries = entriesOfBundle(await this.#read({ level: "entries", place, width }), width);
      for (const [offset, entry] of entries.entries())
        if (place * tileWidth + offset >= from) yield { index: place * tileWidth + offset, entry };
    }
  }

  async #openEdge(): Promise<Edge> {
    const note = await this.#head.read();
    if (note === null) return new Edge(null, { origin: this.#origin, size: 0, root: emptyRoot }, new GrowingTree(), []);
    const checkpoint = parseCheckpoint(parseNote(note).text);
    const hashes = await Promise.all(
      nodesOf({ start: 0, end: checkpoint.size }).map(async (node) => {
        const { tile, from, to } = tileOfNode(node, checkpoint.size);
        return completeSubtree(hashesOfTile(await this.#read(tile), tile.width).slice(from, to));
      }),
    );
    const tree = new GrowingTree(checkpoint.size, hashes);
    if (checkpoint.origin !== this.#origin || !tree.root().equals(checkpoint.root)) {
      throw new PublishError("damaged", "the published tiles are not those that the last checkpoint was signed for");
    }
    const rows: Hash[][] = [];
    for (let level = 0, below = 1; below <= checkpoint.size; level++, below *= tileWidth) {
      const width = Math.floor(checkpoint.size / below) % tileWidth;
      const place = Math.floor(checkpoint.size / below / tileWidth);
      rows[level] = width === 0 ? [] : [...hashesOfTile(await this.#read({ level, place, width }), width)];
    }
    return new Edge(note, checkpoint, tree, rows);
  }

  async #append(edge: Edge, log: SequencedLog): Promise<void> {
    const old = edge.tree.size;
    for (let first = Math.floor(old / tileWidth) * tileWidth; first < log.size; first += tileWidth) {
      const end = Math.min(first + tileWidth, log.size);
      const entries = await log.entries(first, end);
      if (entries.length !== end - first) throw new PublishError("fork", "entries that were placed are not at hand");
      await this.#write({ level: "entries", place: first / tileWidth, width: end - first }, bundleOf(entries));
      for (const entry of entries.slice(Math.max(0, old - first)))
        for (const [tile, hashes] of edge.add(leafHash(entry))) await this.#write(tile, Buffer.concat(hashes));
    }
    for (const [tile, hashes] of edge.partialTiles()) await this.#write(tile, Buffer.concat(hashes));
  }

  async #write(tile: Tile, bytes: Buffer): Promise<void> {
    const path = tilePath(tile);
    if (await this.#files.create(path, bytes)) return;
    const there = await this.#files.read(path);
    if (there === null || Buffer.compare(there, bytes) !== 0) throw new PublishError("fork", `another file stands at ${path}`);
  }

  async #read(tile: Tile): Promise<Uint8Array> {
    const bytes = await this.#files.read(tilePath(tile));
    if (bytes === null) throw new PublishError("damaged", `the published file ${tilePath(tile)} is missing`);
    return bytes;
  }

  /** The same head may have been signed twice, with other witnesses; another head of the same size may not. */
  async #refuseOther({ size, root }: Checkpoint): Promise<void> {
    const there = await this.#files.read(`checkpoints/${size}`);
    const text = there === null || there.length > noteBytesMax ? null : parseNote(Buffer.from(there).toString("utf8")).text;
    if (text === null || !parseCheckpoint(text).root.equals(root))
      throw new PublishError("fork", `another checkpoint of ${size} entries was published`);
  }
}

/** The right edge of a tree: of each level of tiles, the hashes of the one that is not full yet. */
class Edge {
  note: string | null;
  checkpoint: Checkpoint;
  readonly tree: GrowingTree;
  readonly #rows: Hash[][];

  constructor(note: string | null, checkpoint: Checkpoint, tree: GrowingTree, rows: Hash[][]) {
    this.note = note;
    this.checkpoint = checkpoint;
    this.tree = tree;
    this.#rows = rows;
  }

  /** @returns the tiles that became full. */
  add(leaf: Hash): readonly (readonly [Tile, readonly Hash[]])[] {
    this.tree.append(leaf);
    const full: [Tile, readonly Hash[]][] = [];
    let hash = leaf;
    for (let level = 0; ; level++) {
      const row = (this.#rows[level] ??= []);
      row.push(hash);
      if (row.length < tileWidth) return full;
      const hashes = row.splice(0);
      full.push([{ level, place: this.#place(level) - 1, width: tileWidth }, hashes]);
      hash = completeSubtree(hashes);
    }
  }

  partialTiles(): readonly (readonly [Tile, readonly Hash[]])[] {
    return this.#rows.flatMap((row, level) =>
      row.length === 0 ? [] : [[{ level, place: this.#place(level), width: row.length }, row] as const],
    );
  }

  /** Of the tile that is not full. */
  #place(level: number): number {
    return Math.floor(this.tree.size / tileWidth ** (level + 1));
  }
}
