import { KeyError, type OpeningKeys, type OpeningRoot, rootOf } from "./provider.ts";

/**
 * One opening half over the roots that a process holds. What a root seals whose half is missing does not open here, and is not tried.
 * @param halves `describe` tells of the first that there is; all are of one provider.
 */
export function openingByRoot(halves: Readonly<Partial<Record<OpeningRoot, OpeningKeys>>>): OpeningKeys {
  const first = halves.opening ?? halves.resolving;
  if (first === undefined) throw new TypeError("a half of no root opens nothing");
  return {
    provider: first.provider,
    unwrap: async (wrapped, context) => {
      const half = halves[rootOf[context.purpose]];
      if (half === undefined) throw new KeyError("not-permitted", `this process holds no key for ${context.purpose}`);
      return half.unwrap(wrapped, context);
    },
    describe: () => first.describe(),
  };
}
