/**
 * Union of two sets under a bound, such that neither the order in which elements arrive, nor how they are grouped, nor repeats
 * change the result.
 *
 * That holds because one total order decides both questions: which of two elements with the same key is kept, and which elements
 * go when there are more than `max`. An element that was once pushed out met `max` better ones with other keys; those can only be
 * replaced by still better ones, so it would be pushed out again.
 *
 * @param held an earlier result of this function with the same key, order and bound.
 * @param compare a total order on contents, the one to keep first; 0 only for elements of equal content.
 * @param perKind a second bound, on the elements of one kind, held the same way. An element's key tells its kind.
 * @returns the elements in that order; `held` itself when `incoming` changes nothing.
 */
export function boundedUnion<T>(
  held: readonly T[],
  incoming: readonly T[],
  keyOf: (element: T) => string,
  compare: (left: T, right: T) => number,
  max: number,
  perKind?: { readonly kindOf: (element: T) => string; readonly max: number },
): readonly T[] {
  if (incoming.length === 0) return held;
  const byKey = new Map<string, T>();
  for (const element of held) byKey.set(keyOf(element), element);
  let changed = false;
  for (const element of incoming) {
    const key = keyOf(element);
    const rival = byKey.get(key);
    if (rival !== undefined && compare(rival, element) <= 0) continue;
    byKey.set(key, element);
    changed = true;
  }
  if (!changed) return held;
  const sorted = [...byKey.values()].sort(compare);
  const kept = (perKind === undefined ? sorted : firstOfEachKind(sorted, perKind.kindOf, perKind.max)).slice(0, max);
  return kept.length === held.length && kept.every((element, at) => element === held[at]) ? held : kept;
}

function firstOfEachKind<T>(sorted: readonly T[], kindOf: (element: T) => string, max: number): readonly T[] {
  const counts = new Map<string, number>();
  return sorted.filter((element) => {
    const kind = kindOf(element);
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    return count < max;
  });
}

/** Order of UTF-16 code units; the same on every machine, unlike `localeCompare`. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
