import type { CoveredValue } from "../egress.ts";
import { mark } from "./rules.ts";

/** Finds tokens in a text; the vault's own rule, which checks their check digits. */
export type TokensIn = (text: string) => readonly { readonly at: number; readonly text: string }[];

/** Covered values shorter than this stand for themselves only as a whole text: as a part they would hide too much. */
const partCharactersMin = 4;
/** What may stand between values that may leave. */
const separators = /^[\s,;|/:.+&=_-]*$/;

/** Replaces what may leave by {@link mark}; several of them, with a separator between, by one. */
export class Shapes {
  readonly #covered: ReadonlySet<string>;
  readonly #parts: RegExp | null;
  readonly #tokensIn: TokensIn;

  constructor(covered: readonly CoveredValue[], tokensIn: TokensIn) {
    this.#covered = new Set(covered.map(({ value }) => value).filter((value) => value !== ""));
    this.#tokensIn = tokensIn;
    const parts = [...this.#covered].filter((value) => value.length >= partCharactersMin).sort((a, b) => b.length - a.length);
    this.#parts = parts.length === 0 ? null : new RegExp(`(?<![\\p{L}\\p{N}])(?:${parts.map(escaped).join("|")})(?![\\p{L}\\p{N}])`, "gu");
  }

  of(text: string): string {
    if (this.#covered.has(text)) return mark;
    // A mark of somebody else's would stand for a value that may leave.
    if (text.includes(mark)) return `${text}?`;
    const withoutTokens = mayHoldToken.test(text) ? this.#withoutTokens(text) : text;
    const bare = this.#parts === null ? withoutTokens : withoutTokens.replaceAll(this.#parts, mark);
    return bare === text ? text : bare.replaceAll(marksInARow, mark);
  }

  /** Whether a shape has nothing in it but values that may leave and separators. */
  static isNothingElse(shape: string): boolean {
    return shape.includes(mark) && separators.test(shape.replaceAll(mark, ""));
  }

  #withoutTokens(text: string): string {
    let bare = "";
    let from = 0;
    for (const { at, text: token } of this.#tokensIn(text)) {
      bare += text.slice(from, at) + mark;
      from = at + token.length;
    }
    return bare + text.slice(from);
  }
}

const mayHoldToken = /ptk_|p[a-z]{2}\d/i;
// oxlint-disable-next-line no-control-regex -- the mark is one
const marksInARow = /\u0000(?:[\s,;|/]{1,2}\u0000)+/g;

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
