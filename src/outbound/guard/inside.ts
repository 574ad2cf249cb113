import { base64Decoded, percentDecoded } from "./decodings.ts";
import { jsonLeaves } from "./json-leaves.ts";
import type { Encoding, Leaf, Place } from "./leaf.ts";
import { xmlLeaves } from "./xml-leaves.ts";

/** What a text is made of, where it is a document or an encoded text as a whole. */
export function insideOf(text: string, place: Place): { readonly leaves: readonly Leaf[]; readonly via: Encoding } | null {
  const trimmed = text.trim();
  if (trimmed.startsWith("<")) {
    const leaves = xmlLeaves(trimmed);
    if (leaves !== null) return { leaves, via: "xml" };
  }
  if (/^[[{"]/.test(trimmed)) {
    const leaves = jsonLeaves(trimmed);
    if (leaves !== null) return { leaves, via: "json" };
  }
  // RFC 7617: user and password.
  const basic = /^Basic (\S+)$/.exec(trimmed);
  const decoded = base64Decoded(basic?.[1] ?? trimmed);
  if (decoded !== null) return { leaves: [{ place, text: decoded }], via: "base64" };
  const unescaped = percentDecoded(text);
  return unescaped === text ? null : { leaves: [{ place, text: unescaped }], via: "percent" };
}
