import type { Category } from "../domain/category.ts";
import { parseShortToken, shortTokenPattern } from "./short-token.ts";
import { parseToken, tokenPattern } from "./token.ts";

export interface FoundToken {
  readonly form: "long" | "short";
  /** As it stands in the text. */
  readonly text: string;
  /** Where it begins, in UTF-16 code units. */
  readonly at: number;
  readonly category: Category;
  readonly version: number;
}

const eitherForm = new RegExp(`${tokenPattern.source}|${shortTokenPattern.source}`, "gi");

/**
 * The tokens in a text, in its order: what has the shape, a category of ours and right check digits. A look-alike passes the check with a
 * chance of 2^-30. Linear in the text.
 */
export function findTokens(text: string): readonly FoundToken[] {
  const found: FoundToken[] = [];
  for (const { 0: candidate, index: at } of text.matchAll(eitherForm)) {
    const long = parseToken(candidate);
    const parsed = long ?? parseShortToken(candidate);
    if (parsed === null) continue;
    found.push({ form: long === null ? "short" : "long", text: candidate, at, category: parsed.category, version: parsed.version });
  }
  return found;
}
