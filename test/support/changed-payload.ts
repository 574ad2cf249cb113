import fc from "fast-check";

/** What may stand where a payload had something else: a person, another type, nothing, too much. */
const strange: fc.Arbitrary<unknown> = fc.oneof(
  fc.string(),
  fc.constantFrom<unknown>(
    "Ida Musterweg",
    null,
    0,
    -1,
    1e300,
    [],
    {},
    [[[]]],
    "x".repeat(5000),
    "2026-13-45",
    "2026-11-24T10:00:00 Ida",
    true,
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Puts nothing, something else or two of the same in a node's place. */
type Change = (node: unknown) => readonly unknown[];

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: strange.map((value): Change => () => [value]) },
  { weight: 1, arbitrary: fc.constant<Change>(() => []) },
  { weight: 1, arbitrary: fc.constant<Change>((node) => [node, node]) },
);

/** A payload, JSON or XML, with one to three of its parts replaced, left out or doubled. */
export function changedPayload(payload: Uint8Array): fc.Arbitrary<Uint8Array> {
  const source = Buffer.from(payload).toString("utf8");
  const root = jsonOf(source);
  const changes = fc.array(fc.tuple(fc.nat(), change), { minLength: 1, maxLength: 3 });
  if (root === undefined) return changes.map((all) => Buffer.from(all.reduce((xml, [at, each]) => changedXml(xml, at, each), source)));
  return changes.map((all) =>
    Buffer.from(JSON.stringify(all.reduce<unknown>((value, [at, each]) => changedJson(value, at, each), root)) ?? "null"),
  );
}

function jsonOf(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

/** Changes the n-th node, counted round. A property that is doubled becomes a list of two, as a one-element list may lose its brackets. */
function changedJson(root: unknown, n: number, each: Change): unknown {
  let left = n % count(root);
  const walk = (node: unknown): readonly unknown[] => {
    if (left-- === 0) return each(node);
    if (Array.isArray(node)) return [node.flatMap(walk)];
    if (typeof node !== "object" || node === null) return [node];
    const properties = Object.entries(node).flatMap(([name, child]): [string, unknown][] => {
      const inPlace = walk(child);
      return inPlace.length === 0 ? [] : [[name, inPlace.length === 1 ? inPlace[0] : inPlace]];
    });
    return [Object.fromEntries(properties)];
  };
  return walk(root)[0];
}

function count(node: unknown): number {
  if (typeof node !== "object" || node === null) return 1;
  return Object.values(node).reduce((sum: number, child) => sum + count(child), 1);
}

const XML_LEAF = /<([\w:.-]+)([^<>]*)>([^<>]*)<\/\1>/g;

/** Changes the n-th element that holds nothing but text, counted round; without one, puts the change in front. */
function changedXml(xml: string, n: number, each: Change): string {
  const leaves = [...xml.matchAll(XML_LEAF)];
  const leaf = leaves[n % Math.max(leaves.length, 1)];
  if (leaf === undefined) return each(xml).join("");
  const [whole, name, attributes, content] = leaf;
  const inPlace = each(content).map((value) => `<${name}${attributes}>${value === content ? content : escaped(value)}</${name}>`);
  return xml.slice(0, leaf.index) + inPlace.join("") + xml.slice(leaf.index + whole.length);
}

function escaped(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
