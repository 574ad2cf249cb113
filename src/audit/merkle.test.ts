import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  consistencyRanges,
  foldNodes,
  GrowingTree,
  type Hash,
  inclusionRanges,
  leafHash,
  nodeHash,
  nodesOf,
  type Range,
  verifyConsistency,
  verifyInclusion,
} from "./merkle.ts";

const leaves = Array.from({ length: 300 }, (_, place) => leafHash(Buffer.from(`entry ${place}`)));

/** As RFC 6962 defines it, with no shortcut. */
function rootOf(range: readonly Hash[]): Hash {
  if (range.length === 1) return range[0]!;
  let middle = 1;
  while (middle * 2 < range.length) middle *= 2;
  return nodeHash(rootOf(range.slice(0, middle)), rootOf(range.slice(middle)));
}

const hashOf = ({ start, end }: Range): Hash => rootOf(leaves.slice(start, end));
const sizes = fc.integer({ min: 1, max: leaves.length });

suite("the tree", () => {
  test("grows to the root that the definition gives", () => {
    const tree = new GrowingTree();
    for (const [place, leaf] of leaves.entries()) {
      tree.append(leaf);
      assert.ok(tree.root().equals(rootOf(leaves.slice(0, place + 1))), `size ${place + 1}`);
    }
  });

  test("goes on from its stored hashes as if it had never stopped", () => {
    fc.assert(
      fc.property(sizes, sizes, (one, other) => {
        const [before, after] = [Math.min(one, other), Math.max(one, other)];
        const first = new GrowingTree();
        for (const leaf of leaves.slice(0, before)) first.append(leaf);
        const second = new GrowingTree(first.size, first.hashes);
        for (const leaf of leaves.slice(before, after)) second.append(leaf);
        assert.ok(second.root().equals(hashOf({ start: 0, end: after })));
      }),
    );
  });

  test("splits a range into complete subtrees whose fold is its hash", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const nodes = nodesOf({ start: 0, end: size });
        const hashes = nodes.map(({ level, index }) => hashOf({ start: index * 2 ** level, end: (index + 1) * 2 ** level }));
        assert.ok(foldNodes(hashes).equals(hashOf({ start: 0, end: size })));
      }),
    );
  });

  test("proves each entry of each size, and no other entry, place, size or root", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, anyIndex, anyOther) => {
        const [index, other] = [anyIndex % size, anyOther % size];
        const root = hashOf({ start: 0, end: size });
        const proof = inclusionRanges(index, size).map(hashOf);
        assert.ok(verifyInclusion(index, size, leaves[index]!, proof, root));
        if (other !== index) {
          assert.ok(!verifyInclusion(index, size, leaves[other]!, proof, root));
          assert.ok(!verifyInclusion(other, size, leaves[index]!, proof, root));
        }
        assert.ok(!verifyInclusion(index, size, leaves[index]!, [...proof, root], root));
        assert.ok(!verifyInclusion(index, size, leaves[index]!, proof, leaves[index === 0 ? 299 : 0]!) || size === 1);
      }),
    );
  });

  test("proves that it begins with each earlier one, and with nothing else", () => {
    fc.assert(
      fc.property(sizes, sizes, (one, other) => {
        const [old, size] = [Math.min(one, other), Math.max(one, other)];
        const [oldRoot, root] = [hashOf({ start: 0, end: old }), hashOf({ start: 0, end: size })];
        const proof = consistencyRanges(old, size).map(hashOf);
        assert.ok(verifyConsistency(old, size, oldRoot, root, proof));
        const forged = Buffer.from(oldRoot);
        forged[0]! ^= 1;
        assert.ok(!verifyConsistency(old, size, forged, root, proof));
        if (old < size) {
          const lost = Buffer.from(root);
          lost[31]! ^= 1;
          assert.ok(!verifyConsistency(old, size, oldRoot, lost, proof));
          assert.ok(!verifyConsistency(old, size, oldRoot, root, proof.slice(1)));
        }
      }),
    );
  });

  test("splits trees of the largest sizes without rounding", () => {
    for (const size of [2 ** 52 + 1, 2 ** 53 - 1, 2 ** 49 + 1, 2 ** 48 - 1]) {
      for (const index of [0, 1, size - 1, 2 ** 47]) {
        const ranges = inclusionRanges(index, size);
        assert.ok(ranges.length <= 53);
        assert.equal(
          ranges.reduce((sum, { start, end }) => sum + (end - start), 1),
          size,
        );
      }
      assert.equal(consistencyRanges(size, size).length, 0);
    }
  });
});
