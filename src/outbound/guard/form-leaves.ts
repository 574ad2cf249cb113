import type { Leaf } from "./leaf.ts";
import { percentDecoded } from "./decodings.ts";

/** The names and values of `application/x-www-form-urlencoded` (URL Standard, section 5), or of a query. */
export function formLeaves(text: string, kind: "url-query" | "form"): readonly Leaf[] {
  const leaves: Leaf[] = [];
  for (const pair of text.split("&")) {
    const at = pair.indexOf("=");
    const name = at < 0 ? pair : pair.slice(0, at);
    if (name !== "") leaves.push({ place: `${kind}-name`, text: decoded(name) });
    if (at >= 0 && at + 1 < pair.length) leaves.push({ place: `${kind}-value`, text: decoded(pair.slice(at + 1)) });
  }
  return leaves;
}

function decoded(text: string): string {
  return percentDecoded(text.replaceAll("+", " "));
}
