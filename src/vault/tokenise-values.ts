import { randomUUID } from "node:crypto";
import { categories, type Category } from "../domain/category.ts";
import type { IndexKeys } from "./blind-index.ts";
import { pooledRandom } from "./random.ts";
import { formatToken, groupIdBytes, tokenOf } from "./token.ts";
import { type FieldToSeal, groupFieldsMax, type KnownToken, type SealGroup, strengths, type TokenClaim } from "./tokenise.ts";

/** A value that a caller wants a token for. */
export interface LooseValue {
  readonly category: Category;
  readonly value: string;
  /** Values of a batch with the same number belong to one person; without one a value is a person's of its own. */
  readonly person?: number;
}

export interface TokenisedValues {
  /** The token of each value, in order. Those of claims are candidates until the vault's table has decided. */
  readonly tokens: string[];
  readonly groups: readonly ValueGroup[];
  readonly claims: readonly ValueClaim[];
  /** Values whose tokens can be asked for again, and so probed: each different one counted once. */
  readonly deterministic: number;
}

export interface ValueGroup extends SealGroup {
  /** Holds a value that has no claim, so it is kept whatever becomes of the claims. */
  readonly isKept: boolean;
}

export interface ValueClaim extends TokenClaim {
  /** Places of the value in the batch. */
  readonly values: readonly number[];
}

/**
 * Gives each value of a batch its token, by the same rules as a record's values: near-unique identifiers have one token for ever, all others a fresh
 * one each. A person is known by the strongest identifier that has been met before, and two persons who share an identifier are one.
 *
 * @param seed of the caller's idempotency: the same seed and values give the same tokens, fresh ones too. Null: random.
 */
export function tokeniseValues(
  values: readonly LooseValue[],
  cell: string,
  keys: IndexKeys,
  known: (blind: string) => KnownToken | undefined,
  seed: string | null,
): TokenisedValues {
  const tokens: string[] = [];
  const groups = new Map<string, OpenGroup>();
  const claims = new Map<string, ValueClaim & { readonly values: number[] }>();
  const met = new Set<string>();
  const blinds = values.map(({ category, value }) => (categories[category].deterministic ? keys.blind(category, value) : null));
  const persons = personsOf(values, blinds);
  const subjects = subjectsOf(values, blinds, persons, known);
  /** Values of each person that were met so far: the place in the group does not depend on what is known, so that a repeated batch repeats it. */
  const places = new Map<string, number>();

  for (const [at, { category, value }] of values.entries()) {
    const blind = blinds[at]!;
    const person = persons[at]!;
    if (blind !== null) {
      const claimed = claims.get(blind);
      if (claimed !== undefined) {
        claimed.values.push(at);
        tokens[at] = claimed.token;
        continue;
      }
    }
    const purpose = category === "trackingNumber" ? "tracking-numbers" : "personal-values";
    const holder = `${person}|${purpose}`;
    const isAgain = blind !== null && met.has(blind);
    const place = places.get(holder) ?? 0;
    if (!isAgain) places.set(holder, place + 1);
    if (blind !== null) {
      met.add(blind);
      const before = known(blind);
      if (before !== undefined) {
        tokens[at] = before.token;
        continue;
      }
    }
    const name = `${holder}|${Math.floor(place / groupFieldsMax)}`;
    let group = groups.get(name);
    if (group === undefined) {
      group = {
        id: groupId(keys, seed, name),
        index: groups.size,
        purpose,
        subject: subjectOf(subjects, person),
        fields: [],
        isKept: false,
      };
      groups.set(name, group);
    }
    const position = place % groupFieldsMax;
    const token = formatToken(cell, category, tokenOf(group.id, position));
    tokens[at] = token;
    group.fields.push({ position, category, value });
    if (blind === null) group.isKept = true;
    else {
      const strength = strengths[category] ?? 9;
      claims.set(blind, { group: group.index, position, category, blind, token, subject: group.subject, strength, values: [at] });
    }
  }
  return { tokens, groups: [...groups.values()], claims: [...claims.values()], deterministic: met.size };
}

interface OpenGroup {
  readonly id: Buffer;
  readonly index: number;
  readonly purpose: SealGroup["purpose"];
  readonly subject: string;
  readonly fields: FieldToSeal[];
  isKept: boolean;
}

/** The person of each value: the caller's number, or one below zero for each value that has none. */
function personsOf(values: readonly LooseValue[], blinds: readonly (string | null)[]): readonly number[] {
  const leaders = new Map<number, number>();
  const leader = (person: number): number => {
    let found = person;
    for (let next = leaders.get(found); next !== undefined; next = leaders.get(found)) found = next;
    return found;
  };
  const owners = new Map<string, number>();
  const persons = values.map(({ person }, at) => person ?? -1 - at);
  for (const [at, blind] of blinds.entries()) {
    if (blind === null) continue;
    const owner = owners.get(blind);
    if (owner === undefined) owners.set(blind, persons[at]!);
    else if (leader(owner) !== leader(persons[at]!)) leaders.set(leader(persons[at]!), leader(owner));
  }
  return leaders.size === 0 ? persons : persons.map(leader);
}

/** Who is known by an identifier that has been met before. */
function subjectsOf(
  values: readonly LooseValue[],
  blinds: readonly (string | null)[],
  persons: readonly number[],
  known: (blind: string) => KnownToken | undefined,
): Map<number, string> {
  const best = new Map<number, { readonly subject: string; readonly strength: number }>();
  for (const [at, { category, person }] of values.entries()) {
    const blind = blinds[at]!;
    if (blind === null || person === undefined) continue;
    const before = known(blind);
    const strength = strengths[category] ?? 9;
    if (before !== undefined && strength < (best.get(persons[at]!)?.strength ?? 99)) {
      best.set(persons[at]!, { subject: before.subject, strength });
    }
  }
  return new Map(Array.from(best, ([person, { subject }]) => [person, subject]));
}

function subjectOf(subjects: Map<number, string>, person: number): string {
  let subject = subjects.get(person);
  if (subject === undefined) {
    subject = randomUUID();
    subjects.set(person, subject);
  }
  return subject;
}

function groupId(keys: IndexKeys, seed: string | null, name: string): Buffer {
  if (seed === null) return pooledRandom(groupIdBytes);
  return Buffer.from(keys.dedupe(`tokens|${seed}`, `1|${name}`) + keys.dedupe(`tokens|${seed}`, `2|${name}`), "latin1").subarray(
    0,
    groupIdBytes,
  );
}
