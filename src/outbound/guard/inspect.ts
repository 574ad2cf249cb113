import type { EgressCall } from "../egress.ts";
import { type Candidate, candidatesIn, wholeCandidates } from "./candidates.ts";
import { callParts } from "./call-parts.ts";
import { decodingsOf } from "./decodings.ts";
import { insideOf } from "./inside.ts";
import type { Encoding, Leaf, Place } from "./leaf.ts";
import { type PatternName, patternIn } from "./patterns.ts";
import { type GuardRules, mark, type TextFormat } from "./rules.ts";
import { Shapes, type TokensIn } from "./shape.ts";

/**
 * Something in a call that may not leave.
 * - `known-value`: the vault knows it as a value of the tenant's; `what` is its category.
 * - `pattern`: it looks like personal data; `what` is the pattern.
 * - `unlisted`: it is no token, not covered, and no text or format of this recipient's.
 * - `opaque`: it cannot be looked into. `too-deep`, `too-many`: it is over a bound.
 */
export interface Finding {
  readonly place: Place;
  /** What it was wrapped in, outermost first. */
  readonly via: readonly Encoding[];
  readonly kind: "known-value" | "pattern" | "unlisted" | "opaque" | "too-deep" | "too-many";
  readonly what: Candidate["category"] | PatternName | null;
}

/** A value to ask the vault for, and what finding it means. */
export interface Question {
  readonly candidate: Candidate;
  readonly place: Place;
  readonly via: readonly Encoding[];
}

export interface Examination {
  readonly findings: readonly Finding[];
  /** For each of these that the vault knows there is one more finding. */
  readonly questions: readonly Question[];
}

/** Whether the vault knows a value of the tenant's. */
export type IsKnown = (candidate: Candidate) => boolean;

/** Layers of encodings that are taken off a text. */
const depthMax = 5;
export const leavesMax = 20_000;
const findingsMax = 200;
/** So much of a text that is refused anyway is looked at to say what it is: the patterns for that take time with the square of it. */
const describedCharactersMax = 2048;
export const questionsMax = 8_000;

/**
 * What in a call may not leave: every string of its URL, headers and body is a token, covered, or a text or format of the recipient's, and none is a known value
 * of the tenant's. Pure; the call goes out only where this is empty.
 * @param tokensIn finds tokens in a text.
 */
export function inspectCall(call: EgressCall, rules: GuardRules, tokensIn: TokensIn, isKnown: IsKnown): readonly Finding[] {
  const { findings, questions } = examineCall(call, rules, tokensIn);
  return [...findings, ...knownFindings(questions, isKnown)];
}

export function knownFindings(questions: readonly Question[], isKnown: IsKnown): readonly Finding[] {
  const known = questions.filter(({ candidate }) => isKnown(candidate));
  return known.map(({ candidate, place, via }) => ({ place, via, kind: "known-value", what: candidate.category }));
}

/** What can be said without the vault, and what to ask it. */
export function examineCall(call: EgressCall, rules: GuardRules, tokensIn: TokensIn): Examination {
  const examiner = new Examiner(rules, new Shapes(call.covered, tokensIn));
  const { leaves, unreadable } = callParts(isOfFormat(call, rules) ? { ...call, body: null } : call);
  for (const place of unreadable) examiner.add({ place, via: [], kind: "opaque", what: null });
  if (leaves.length > leavesMax) examiner.add({ place: "body", via: [], kind: "too-many", what: null });
  else examiner.examineAll(leaves, []);
  return examiner.result();
}

/** A body of one of the recipient's own formats is looked at by that format, and not as a text. */
function isOfFormat({ headers, body }: EgressCall, { bodies = [] }: GuardRules): boolean {
  return body !== null && bodies.some(({ mediaType, isWhole }) => headers["content-type"] === mediaType && isWhole(body));
}

class Examiner {
  readonly #rules: GuardRules;
  readonly #shapes: Shapes;
  readonly #findings: Finding[] = [];
  readonly #questions: Question[] = [];

  constructor(rules: GuardRules, shapes: Shapes) {
    this.#rules = rules;
    this.#shapes = shapes;
  }

  result(): Examination {
    return { findings: this.#findings, questions: this.#questions };
  }

  add(finding: Finding): void {
    if (this.#findings.length < findingsMax) this.#findings.push(finding);
  }

  /** @returns whether all of them may leave, as far as can be said without the vault. */
  examineAll(leaves: readonly Leaf[], via: readonly Encoding[]): boolean {
    const before = this.#findings.length;
    let digits = "";
    let countsInARow = 0;
    for (const [index, leaf] of leaves.entries()) {
      this.#examine(leaf, via);
      if (leaf.place === "json-number") {
        digits += leaf.text;
        countsInARow++;
      }
      const isEnd = leaves[index + 1]?.place !== "json-number";
      // A number that was cut into small ones.
      if (isEnd && countsInARow > 1) this.#ask(wholeCandidates(digits), "json-number", [...via, "split"]);
      if (isEnd) [digits, countsInARow] = ["", 0];
    }
    return this.#findings.length === before;
  }

  #examine(leaf: Leaf, via: readonly Encoding[]): void {
    const { place, text } = leaf;
    const shape = this.#shapes.of(text);
    if (this.#rules.texts.has(shape) || Shapes.isNothingElse(shape)) return;
    const format = this.#formatOf(shape, place);
    if (format?.isNarrow === true) return;
    if (format !== undefined) return this.#lookInto(text, place, via);
    if (via.length >= depthMax) return this.add({ place, via, kind: "too-deep", what: null });
    if (this.#isCleanInside(leaf, via)) return;
    const pattern = this.#describe(shape.replaceAll(mark, " "), place, via);
    if (!pattern) this.add({ place, via, kind: "unlisted", what: null });
  }

  #formatOf(shape: string, place: Place): TextFormat | undefined {
    return this.#rules.formats.find(({ pattern, places }) => (places === undefined || places.includes(place)) && pattern.test(shape));
  }

  /** A text of a wide format: what it is and what may be hidden in it is asked for; nothing else is wrong with it. */
  #lookInto(text: string, place: Place, via: readonly Encoding[]): void {
    this.#ask(wholeCandidates(text), place, via);
    this.#describeDecodings(text, place, via);
  }

  /** Whether a text is a wrapped one whose parts may all leave. Otherwise there is no trace of the attempt. */
  #isCleanInside({ place, text }: Leaf, via: readonly Encoding[]): boolean {
    const inner = insideOf(text, place);
    if (inner === null) return false;
    const findings = this.#findings.length;
    const questions = this.#questions.length;
    if (this.examineAll(inner.leaves, [...via, inner.via])) return true;
    this.#findings.length = findings;
    this.#questions.length = questions;
    return false;
  }

  /** Says what a text is that may not leave in any case. @returns whether a pattern was found in it. */
  #describe(text: string, place: Place, via: readonly Encoding[]): boolean {
    const beginning = text.slice(0, describedCharactersMax);
    this.#ask(candidatesIn(beginning), place, via);
    const pattern = patternIn(beginning);
    if (pattern !== null) this.add({ place, via, kind: "pattern", what: pattern });
    const hasDecoded = this.#describeDecodings(beginning, place, via);
    return pattern !== null || hasDecoded;
  }

  #describeDecodings(text: string, place: Place, via: readonly Encoding[]): boolean {
    if (via.length >= depthMax) return false;
    let found = false;
    for (const decoded of decodingsOf(text)) if (this.#describe(decoded.text, place, [...via, decoded.via])) found = true;
    return found;
  }

  #ask(candidates: readonly Candidate[], place: Place, via: readonly Encoding[]): void {
    for (const candidate of candidates) {
      if (this.#questions.length >= questionsMax) return this.add({ place, via, kind: "too-many", what: null });
      this.#questions.push({ candidate, place, via });
    }
  }
}
