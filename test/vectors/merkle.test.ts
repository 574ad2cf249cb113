import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { emptyRoot, GrowingTree, leafHash, verifyConsistency, verifyInclusion } from "../../src/audit/merkle.ts";

const read = (name: string) => JSON.parse(readFileSync(new URL(`data/merkle/${name}`, import.meta.url), "utf8"));
const bytes = (text: string | null): Buffer => Buffer.from(text ?? "", "base64");
const proofOf = (hashes: readonly string[] | null): readonly Buffer[] => (hashes ?? []).map(bytes);

interface InclusionCase {
  readonly file: string;
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

interface ConsistencyCase {
  readonly file: string;
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

describe("proofs of transparency-dev/merkle", () => {
  for (const { file, leafIdx, treeSize, root, leafHash: leaf, proof, wantErr } of read("inclusion.json") as InclusionCase[]) {
    test(`${wantErr ? "refuses" : "accepts"} ${file}`, () => {
      assert.equal(verifyInclusion(leafIdx, treeSize, bytes(leaf), proofOf(proof), bytes(root)), !wantErr);
    });
  }
  for (const { file, size1, size2, root1, root2, proof, wantErr } of read("consistency.json") as ConsistencyCase[]) {
    test(`${wantErr ? "refuses" : "accepts"} ${file}`, () => {
      assert.equal(verifyConsistency(size1, size2, bytes(root1), bytes(root2), proofOf(proof)), !wantErr);
    });
  }
});

test("the reference leaves of Certificate Transparency have the published roots at every size", () => {
  const { emptyRootHex, leavesHex, rootsHexBySize } = read("roots.json") as {
    emptyRootHex: string;
    leavesHex: readonly string[];
    rootsHexBySize: readonly string[];
  };
  const tree = new GrowingTree();
  assert.equal(tree.root().toString("hex"), emptyRootHex);
  assert.equal(emptyRoot.toString("hex"), emptyRootHex);
  for (const [place, leaf] of leavesHex.entries()) {
    tree.append(leafHash(Buffer.from(leaf, "hex")));
    assert.equal(tree.root().toString("hex"), rootsHexBySize[place]);
  }
});
