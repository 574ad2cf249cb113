/** What lies under one path of an image. Owner is root unless said otherwise, and times are the image's: neither may depend on where it was built. */
export type TreeEntry =
  | { readonly kind: "folder"; readonly mode: number; readonly owner?: number }
  | { readonly kind: "file"; readonly mode: number; readonly bytes: Buffer }
  | { readonly kind: "link"; readonly target: string };

/** A part of the image's file system, by path without a leading slash. */
export type Tree = ReadonlyMap<string, TreeEntry>;

/** @returns the tree with the folders that its paths imply, in the order of their bytes, so that a folder stands before what is in it. */
export function completed(tree: Tree): Tree {
  const whole = new Map(tree);
  for (const path of tree.keys()) {
    const parts = path.split("/");
    for (let length = 1; length < parts.length; length++) {
      const folder = parts.slice(0, length).join("/");
      const there = whole.get(folder);
      if (there === undefined) whole.set(folder, { kind: "folder", mode: 0o755 });
      else if (there.kind !== "folder") throw new Error(`${folder} is no folder, and ${path} would lie in it`);
    }
  }
  return new Map([...whole].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
}
