import { randomUUID } from "node:crypto";
import { categories, type Category } from "../domain/category.ts";
import type { IndexKeys } from "./blind-index.ts";
import { pooledRandom } from "./random.ts";
import { formatToken, groupIdBytes, tokenOf } from "./token.ts";
import {
  type FieldToSeal,
  groupFieldsMax,
  groupPurposeOf,
  type KnownToken,
  type SealGroup,
  strengths,
  type TokenClaim,
} from "./tokenise.ts";

/** A value that a caller wants a token for. */
export interface LooseValue {
  readonly category: Category;
  readonly value: string;
  /** Values of a batch with the same number belong to one person; without one a value is a person's of its own. */
  readonly person?: number;
}

export interface TokenisedValues {
  /** The token of each value, in order. Those of claims are candidates until the vault's table has decided. */
  readonly tokens: readonly string[];
  readonly groups: readonly ValueGroup[];
  readonly claims: readonly ValueClaim[];
  /** Different near-unique identifiers: values whose tokens can be asked for again, and so probed. */
  readonly identifiers: number;
  /** Persons that have been met before, by subject: how strong the identifier is that says so. */
  readonly met: ReadonlyMap<string, number>;
  /** Two persons met before whom this batch shows to be one. */
  readonly links: readonly SubjectLink[];
}

export interface SubjectLink {
  readonly subject: string;
  readonly sameAs: string;
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
  const { subjects, met: strengthsMet, links } = subjectsOf(values, blinds, persons, known);
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
    const purpose = groupPurposeOf(category);
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
      const strength = strengths[category] ?? strengthLeast;
      claims.set(blind, {
        group: group.index,
        position,
        category,
        entry: { blind, former: keys.formerBlind(category, value), version: keys.version },
        token,
        subject: group.subject,
        strength,
        values: [at],
      });
    }
  }
  return { tokens, groups: [...groups.values()], claims: [...claims.values()], identifiers: met.size, met: strengthsMet, links };
}

/** What holds once the vault's table has decided who was first. */
export interface SettledValues {
  readonly tokens: readonly string[];
  /** To be sealed and stored: those that hold a value which nobody else has a token for. */
  readonly groups: readonly SealGroup[];
  /** Person of each claim. */
  readonly subjects: readonly string[];
  /** Claims that were won for a person who turned out to be another: places in `claims`. */
  readonly adopted: readonly number[];
  readonly links: readonly SubjectLink[];
}

/**
 * Where somebody else was first, the token that holds takes the place of ours, and who it belongs to is who the person is: the strongest identifier
 * that was met before decides, and all others are linked with it.
 * @param held the token (20 bytes) and subject of each claim, as they hold.
 */
export function settleValues(
  values: TokenisedValues,
  cell: string,
  held: readonly { readonly token: Buffer; readonly subject: string }[],
): SettledValues {
  const tokens = [...values.tokens];
  const isWon = values.claims.map(({ group, position }, at) => held[at]!.token.equals(tokenOf(values.groups[group]!.id, position)));
  const best = new Map<string, { readonly subject: string; readonly strength: number }>();
  for (const [subject, strength] of values.met) best.set(subject, { subject, strength });
  for (const [at, { subject, strength }] of values.claims.entries()) {
    // A repeated batch wins its tokens again, and they belong to whom they belonged to.
    const isMet = !isWon[at] || held[at]!.subject !== subject;
    if (isMet && strength < (best.get(subject)?.strength ?? strengthLeast + 1)) best.set(subject, { subject: held[at]!.subject, strength });
  }
  const personOf = (candidate: string): string => best.get(candidate)?.subject ?? candidate;
  const links = values.links.map(({ subject, sameAs }) => ({ subject: personOf(subject), sameAs }));
  for (const candidate of values.met.keys()) {
    if (personOf(candidate) !== candidate) links.push({ subject: personOf(candidate), sameAs: candidate });
  }
  const adopted: number[] = [];
  const kept = new Set(values.groups.flatMap((group, index) => (group.isKept ? [index] : [])));
  for (const [at, { category, group, subject, values: places }] of values.claims.entries()) {
    const person = personOf(subject);
    if (isWon[at]) {
      kept.add(group);
      if (person !== subject) adopted.push(at);
      continue;
    }
    const token = formatToken(cell, category, held[at]!.token);
    for (const place of places) tokens[place] = token;
    if (person !== held[at]!.subject) links.push({ subject: person, sameAs: held[at]!.subject });
  }
  return {
    tokens,
    groups: values.groups.filter((_, index) => kept.has(index)).map((group) => ({ ...group, subject: personOf(group.subject) })),
    subjects: values.claims.map(({ subject }) => personOf(subject)),
    adopted,
    links: links.filter(({ subject, sameAs }) => subject !== sameAs),
  };
}

/** Of an identifier that says little of who somebody is, as an order reference. */
const strengthLeast = 9;

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

/** Who is known by an identifier that has been met before; the strongest decides, and the others are the same person from now on. */
function subjectsOf(
  values: readonly LooseValue[],
  blinds: readonly (string | null)[],
  persons: readonly number[],
  known: (blind: string) => KnownToken | undefined,
): { readonly subjects: Map<number, string>; readonly met: ReadonlyMap<string, number>; readonly links: readonly SubjectLink[] } {
  const found = new Map<number, { readonly subject: string; readonly strength: number }[]>();
  for (const [at, { category, person }] of values.entries()) {
    const blind = blinds[at]!;
    const before = blind === null || person === undefined ? undefined : known(blind);
    if (before === undefined) continue;
    const own = { subject: before.subject, strength: strengths[category] ?? strengthLeast };
    const others = found.get(persons[at]!);
    if (others === undefined) found.set(persons[at]!, [own]);
    else others.push(own);
  }
  const subjects = new Map<number, string>();
  const met = new Map<string, number>();
  const links: SubjectLink[] = [];
  for (const [person, candidates] of found) {
    const best = candidates.reduce((left, right) => (right.strength < left.strength ? right : left));
    subjects.set(person, best.subject);
    met.set(best.subject, Math.min(best.strength, met.get(best.subject) ?? strengthLeast));
    for (const { subject } of candidates) if (subject !== best.subject) links.push({ subject: best.subject, sameAs: subject });
  }
  return { subjects, met, links };
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
