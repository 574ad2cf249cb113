import { hash } from "node:crypto";

/*
 * The Merkle tree of RFC 6962, section 2.1 (RFC 9162, section 2.1, says the same): leaf = SHA-256(0x00, entry), node = SHA-256(0x01, left, right). The root
 * over n entries splits them at the largest power of two below n. Everything is said in ranges of entries: a range that begins at a multiple of a power
 * of two and has that length is a complete subtree, a node with a level and a place; any other range that the tree or a proof needs begins at such a
 * multiple and is the fold of the few complete subtrees that it splits into.
 */

/** 32 bytes. */
export type Hash = Buffer;

export const hashBytes = 32;
/** Of the tree without entries. */
export const emptyRoot: Hash = sha256(Buffer.alloc(0));

export function leafHash(entry: Uint8Array): Hash {
  return sha256(Buffer.concat([leafPrefix, entry]));
}

const leafPrefix = Buffer.of(0);
const pair = Buffer.alloc(1 + 2 * hashBytes, 1);

export function nodeHash(left: Uint8Array, right: Uint8Array): Hash {
  pair.set(left, 1);
  pair.set(right, 1 + hashBytes);
  return sha256(pair);
}

function sha256(bytes: Uint8Array): Hash {
  return hash("sha256", bytes, "buffer");
}

/** A complete subtree: 2^level entries from `index` * 2^level on. */
export interface Node {
  readonly level: number;
  readonly index: number;
}

/** Entries from `start` up to and without `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The complete subtrees of a range from left to right, the largest first. @param range begins at a multiple of the power of two that holds its length. */
export function nodesOf({ start, end }: Range): readonly Node[] {
  const nodes: Node[] = [];
  for (let at = start; at < end;) {
    const level = floorLog2(end - at);
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** Hash of a range from the hashes of its {@link nodesOf}. */
export function foldNodes(hashes: readonly Uint8Array[]): Hash {
  if (hashes.length === 0) return emptyRoot;
  return hashes.slice(0, -1).reduceRight<Hash>((right, left) => nodeHash(left, right), Buffer.from(hashes.at(-1)!));
}

/** Where RFC 6962 splits a range: its largest power of two that is below its length. */
function split({ start, end }: Range): number {
  return start + 2 ** floorLog2(end - start - 1);
}

/** Math.log2 rounds up just below large powers of two. */
function floorLog2(value: number): number {
  const rounded = Math.floor(Math.log2(value));
  return 2 ** rounded > value ? rounded - 1 : rounded;
}

/** The ranges whose hashes prove that the entry at `index` is in a tree of `size`, in the order of the proof: the leaf's sibling first. */
export function inclusionRanges(index: number, size: number): readonly Range[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`no entry ${index} in a tree of ${size}`);
  const ranges: Range[] = [];
  for (let range: Range = { start: 0, end: size }; range.end - range.start > 1;) {
    const middle = split(range);
    const [inside, outside] =
      index < middle
        ? [
            { start: range.start, end: middle },
            { start: middle, end: range.end },
          ]
        : [
            { start: middle, end: range.end },
            { start: range.start, end: middle },
          ];
    ranges.unshift(outside);
    range = inside;
  }
  return ranges;
}

/** The ranges whose hashes prove that a tree of `size` begins with the tree of `oldSize`, 0 < oldSize <= size. */
export function consistencyRanges(oldSize: number, size: number): readonly Range[] {
  if (!(oldSize > 0 && oldSize <= size)) throw new RangeError(`a tree of ${size} cannot be shown to begin with one of ${oldSize}`);
  if (oldSize === size) return [];
  const ranges: Range[] = [];
  let range: Range = { start: 0, end: size };
  while (range.end !== oldSize) {
    const middle = split(range);
    if (oldSize <= middle) {
      ranges.unshift({ start: middle, end: range.end });
      range = { start: range.start, end: middle };
    } else {
      ranges.unshift({ start: range.start, end: middle });
      range = { start: middle, end: range.end };
    }
  }
  // The verifier has the old root itself where the old tree is a complete part of the new one.
  return range.start === 0 ? ranges : [range, ...ranges];
}

/** RFC 9162, section 2.1.3.2. */
export function verifyInclusion(index: number, size: number, leaf: Uint8Array, proof: readonly Uint8Array[], root: Uint8Array): boolean {
  if (!(Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size)) return false;
  const ranges = inclusionRanges(index, size);
  if (ranges.length !== proof.length) return false;
  const computed = ranges.reduce<Uint8Array>(
    (inside, { start }, place) => (start > index ? nodeHash(inside, proof[place]!) : nodeHash(proof[place]!, inside)),
    leaf,
  );
  return root.length === hashBytes && Buffer.compare(computed, root) === 0;
}

/** RFC 9162, section 2.1.4.2. An old tree without entries proves nothing and is refused. */
export function verifyConsistency(
  oldSize: number,
  size: number,
  oldRoot: Uint8Array,
  root: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!(Number.isSafeInteger(oldSize) && Number.isSafeInteger(size) && oldSize > 0 && oldSize <= size)) return false;
  const ranges = consistencyRanges(oldSize, size);
  if (ranges.length !== proof.length) return false;
  if (oldSize === size) return Buffer.compare(oldRoot, root) === 0;
  const isOldComplete = 2 ** floorLog2(oldSize) === oldSize;
  let [oldHash, newHash] = isOldComplete ? [oldRoot, oldRoot] : [proof[0]!, proof[0]!];
  for (const [place, { start }] of ranges.entries()) {
    if (place === 0 && !isOldComplete) continue;
    const sibling = proof[place]!;
    if (start >= oldSize) newHash = nodeHash(newHash, sibling);
    else {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
    }
  }
  return Buffer.compare(oldHash, oldRoot) === 0 && Buffer.compare(newHash, root) === 0;
}

/** The few complete subtrees of a tree that grows at its end: enough to append and to say the root. */
export class GrowingTree {
  #size: number;
  readonly #hashes: Hash[];

  /** @param hashes of the {@link nodesOf} of the whole tree of `size`. */
  constructor(size = 0, hashes: readonly Hash[] = []) {
    if (nodesOf({ start: 0, end: size }).length !== hashes.length)
      throw new RangeError(`a tree of ${size} has not ${hashes.length} complete subtrees`);
    this.#size = size;
    this.#hashes = [...hashes];
  }

  get size(): number {
    return this.#size;
  }

  get hashes(): readonly Hash[] {
    return [...this.#hashes];
  }

  append(leaf: Hash): void {
    let hash = leaf;
    // As many subtrees are completed as the size ends with ones.
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) hash = nodeHash(this.#hashes.pop()!, hash);
    this.#hashes.push(hash);
    this.#size++;
  }

  root(): Hash {
    return foldNodes(this.#hashes);
  }
}
