import type { Leaf } from "./leaf.ts";

// oxlint-disable-next-line no-control-regex -- JSON strings hold none (RFC 8259, section 7)
const piece = /"((?:[^"\\\u0000-\u001f]|\\.)*)"([ \t\r\n]*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|true|false|null|[{}[\],]|[ \t\r\n]+/y;

/**
 * Every string and number of a JSON text, as they stand in it: also a key that comes twice, of which a parser would show the second only, and every digit
 * of a number.
 * @returns null where the text is not made of JSON's pieces. Whether they are in a right order does not matter here.
 */
export function jsonLeaves(text: string): readonly Leaf[] | null {
  const leaves: Leaf[] = [];
  piece.lastIndex = 0;
  while (piece.lastIndex < text.length) {
    const match = piece.exec(text);
    if (match === null) return null;
    const [, string, colon, number] = match;
    if (number !== undefined) leaves.push({ place: "json-number", text: number });
    if (string === undefined) continue;
    const value = string.includes("\\") ? unescaped(string) : string;
    if (value === null) return null;
    leaves.push({ place: colon === undefined ? "json-value" : "json-key", text: value });
  }
  return leaves;
}

function unescaped(string: string): string | null {
  try {
    return JSON.parse(`"${string}"`) as string;
  } catch {
    return null;
  }
}
