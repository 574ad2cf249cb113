import type { EgressCall } from "../egress.ts";
import { callParts } from "./call-parts.ts";
import { insideOf } from "./inside.ts";
import type { Leaf } from "./leaf.ts";
import type { GuardRules } from "./rules.ts";
import { Shapes, type TokensIn } from "./shape.ts";

const depthMax = 3;

/**
 * The constant texts of a recipient's calls, out of calls that were made for made-up values and are never sent. Whatever stands in these and is not one of the
 * made-up values is the same whoever is asked about, and so says nothing of anybody.
 * @param samples calls whose `covered` are all the values that they were made for.
 */
export function learnedRules(samples: readonly EgressCall[], tokensIn: TokensIn): GuardRules {
  const texts = new Set<string>();
  for (const call of samples) {
    const shapes = new Shapes(call.covered, tokensIn);
    learn(callParts(call).leaves, shapes, texts, 0);
  }
  return { texts, formats: [] };
}

function learn(leaves: readonly Leaf[], shapes: Shapes, texts: Set<string>, depth: number): void {
  for (const { place, text } of leaves) {
    const inner = depth < depthMax ? insideOf(text, place) : null;
    if (inner !== null) learn(inner.leaves, shapes, texts, depth + 1);
    const shape = shapes.of(text);
    if (!Shapes.isNothingElse(shape)) texts.add(shape);
  }
}
