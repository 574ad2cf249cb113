import { randomUUID } from "node:crypto";
import { bareNumber } from "../domain/bare-number.ts";
import { categories, type Category, type Role } from "../domain/category.ts";
import type { Message, MessageEvent, PersonalToken } from "../domain/message.ts";
import type { Notice } from "../domain/notice.ts";
import type { IndexKeys } from "./blind-index.ts";
import { pooledRandom } from "./random.ts";
import { formatToken, groupIdBytes, tokenOf } from "./token.ts";

/** Most values of one group: the position is one byte of the token. */
export const groupFieldsMax = 256;

/** What is known of a value that has been met before. */
export interface KnownToken {
  readonly token: string;
  readonly subject: string;
}

/** By blind index. A map is one. */
export interface KnownTokens {
  get(blind: string): KnownToken | undefined;
}

/** What one of two knows, the first before the second. */
export class EitherKnown implements KnownTokens {
  readonly #first: KnownTokens;
  readonly #second: KnownTokens;

  constructor(first: KnownTokens, second: KnownTokens) {
    this.#first = first;
    this.#second = second;
  }

  get(blind: string): KnownToken | undefined {
    return this.#first.get(blind) ?? this.#second.get(blind);
  }
}

/**
 * What a group holds. Tracking numbers are apart, since other roles may open them; message texts are, since they are kept for a shorter time.
 * Texts are sealed under the session key of personal values.
 */
export type GroupPurpose = "personal-values" | "message-texts" | "tracking-numbers";

/** What a value of this category is sealed with. */
export function groupPurposeOf(category: Category): GroupPurpose {
  if (category === "trackingNumber") return "tracking-numbers";
  return category === "freeText" ? "message-texts" : "personal-values";
}

/** The session key that a group's key is derived from. */
export function keyPurposeOf(purpose: GroupPurpose): "personal-values" | "tracking-numbers" {
  return purpose === "tracking-numbers" ? purpose : "personal-values";
}

/** Values of one person in one record, to be sealed under a key of their own. */
export interface SealGroup {
  /** 19 random bytes. */
  readonly id: Buffer;
  readonly purpose: GroupPurpose;
  readonly subject: string;
  readonly fields: readonly FieldToSeal[];
}

export interface FieldToSeal {
  readonly position: number;
  readonly category: Category;
  readonly value: string;
}

/** Where a value stands in the blind index, or stood until the entries are moved. Blinds are 16 latin-1 characters. */
export interface IndexEntry {
  readonly blind: string;
  readonly former: string | null;
  /** Of the key that `blind` is under. */
  readonly version: number;
}

export function indexEntry(keys: IndexKeys, category: Category, value: string): IndexEntry {
  return { blind: keys.blind(category, value), former: keys.formerBlind(category, value), version: keys.version };
}

/** A deterministic value that this process has not met: its token is a candidate until the vault's table has decided. */
export interface TokenClaim {
  readonly group: number;
  readonly position: number;
  readonly category: Category;
  readonly entry: IndexEntry;
  readonly token: string;
  readonly subject: string;
  /** How strongly the value says who a person is; lower is stronger. */
  readonly strength: number;
}

export interface Tokenised {
  readonly messages: readonly Message[];
  /** Lane of each message, by the blind index of its number (or reference). */
  readonly lanes: readonly number[];
  readonly groups: readonly SealGroup[];
  readonly claims: readonly TokenClaim[];
  /** Persons whose tokens were known before: the record names them, whether or not it brings a value of theirs that is to be sealed. */
  readonly named: readonly string[];
  /** Persons who were known as two, and are one by this record: an erasure of either follows the link. */
  readonly links: readonly SubjectLink[];
}

export interface SubjectLink {
  readonly subject: string;
  readonly sameAs: string;
}

/**
 * Whose data a field is. A payer and a signatory count as the recipient: an erasure takes too much rather than too little.
 * Others are persons of their own.
 */
type Party = "recipient" | "sender" | "neighbour" | "driver";
const partyOf: Readonly<Record<Role, Party>> = {
  recipient: "recipient",
  payer: "recipient",
  signatory: "recipient",
  pickup_point: "recipient",
  sender: "sender",
  neighbour: "neighbour",
  driver: "driver",
};

/** The strongest identifier that is known decides who a person is; a tracking number says it only when nothing better does. */
export const strengths: Readonly<Partial<Record<Category, number>>> = { email: 1, phone: 2, customerId: 3, trackingNumber: 4 };

/** Jobs are kept in order within a lane; one shipment's jobs always share one. */
export const laneCount = 64;

/**
 * Turns a record's notices into messages that hold tokens only, and lists what is to be sealed. Pure but for randomness; waits for nothing:
 * a value that `known` does not find gets a candidate token, which the commit replaces where another process was first. It is claimed once, by the first
 * of the notices that names it.
 */
export function tokenise(notices: readonly Notice[], source: string, cell: string, keys: IndexKeys, known: KnownTokens): Tokenised {
  const groups: SealGroup[] = [];
  const claims: TokenClaim[] = [];
  const named = new Set<string>();
  const links: SubjectLink[] = [];
  const candidates = new Map<string, KnownToken>();
  const find = notices.length === 1 ? known : new EitherKnown(known, candidates);
  const messages: Message[] = [];
  const lanes: number[] = [];
  for (const notice of notices) {
    const tokeniser = new NoticeTokeniser(notice, cell, keys, find, groups, claims, candidates, named, links);
    messages.push(tokeniser.message(source));
    lanes.push(tokeniser.lane());
  }
  return { messages, lanes, groups, claims, named: [...named], links };
}

interface OpenGroup {
  readonly index: number;
  readonly id: Buffer;
  readonly purpose: SealGroup["purpose"];
  readonly subject: string;
  readonly fields: FieldToSeal[];
}

class NoticeTokeniser {
  readonly #notice: Notice;
  readonly #cell: string;
  readonly #keys: IndexKeys;
  readonly #known: KnownTokens;
  readonly #groups: SealGroup[];
  readonly #claims: TokenClaim[];
  readonly #candidates: Map<string, KnownToken>;
  readonly #named: Set<string>;
  readonly #links: SubjectLink[];
  readonly #opened = new Map<string, OpenGroup>();
  readonly #subjects = new Map<Party, string>();
  readonly #blinds = new Map<string, string>();
  readonly #done = new Map<string, string>();

  constructor(
    notice: Notice,
    cell: string,
    keys: IndexKeys,
    known: KnownTokens,
    groups: SealGroup[],
    claims: TokenClaim[],
    candidates: Map<string, KnownToken>,
    named: Set<string>,
    links: SubjectLink[],
  ) {
    this.#notice = notice;
    this.#cell = cell;
    this.#keys = keys;
    this.#known = known;
    this.#groups = groups;
    this.#claims = claims;
    this.#candidates = candidates;
    this.#named = named;
    this.#links = links;
  }

  message(source: string): Message {
    const notice = this.#notice;
    const events: MessageEvent[] = [];
    const texts: string[] = [];
    let hasText = false;
    for (const { status, reason, code, time, country, identity, text } of notice.events) {
      events.push({ status, reason, code, time, country, fingerprint: this.#keys.fingerprint(identity) });
      texts.push(text ?? "");
      if (text !== null && text !== "") hasText = true;
    }
    return {
      version: 1,
      kind: notice.kind,
      source,
      carrier: notice.carrier,
      number: notice.trackingNumber === null ? null : this.#number(notice.trackingNumber),
      discriminator: notice.discriminator === null ? null : this.#keys.fingerprint(notice.discriminator),
      alternatives: notice.alternativeNumbers.map((number) => this.#number(number)),
      parent: notice.parentNumber === null ? null : this.#number(notice.parentNumber),
      references: notice.orderReferences.map((reference) => this.#token("orderReference", "recipient", reference)),
      events,
      summary: notice.summary,
      estimatedDelivery: notice.estimatedDelivery,
      personal: this.#personal(),
      textToken: hasText ? this.#token("freeText", "recipient", JSON.stringify(texts)) : null,
    };
  }

  #personal(): readonly PersonalToken[] {
    const personal: PersonalToken[] = [];
    for (const { category, role, value } of this.#notice.fields) {
      const token = this.#token(category, role, value);
      personal.push({ category, role, token, subject: this.#subject(partyOf[role]) });
    }
    return personal;
  }

  #number(number: string): string {
    return this.#token("trackingNumber", "recipient", bareNumber(number));
  }

  #token(category: Category, role: Role, value: string): string {
    const deterministic = categories[category].deterministic;
    const blind = deterministic ? this.#blind(category, value) : null;
    const once = deterministic ? blind! : `${category}|${role}|${value}`;
    const before = this.#done.get(once) ?? (blind === null ? undefined : this.#knownToken(blind));
    if (before !== undefined) return before;
    const group = this.#group(partyOf[role], groupPurposeOf(category));
    const position = group.fields.length;
    if (position >= groupFieldsMax) throw new RangeError(`a group holds at most ${groupFieldsMax} values`);
    const token = formatToken(this.#cell, category, tokenOf(group.id, position));
    group.fields.push({ position, category, value });
    this.#done.set(once, token);
    if (blind !== null) {
      this.#claims.push({
        group: group.index,
        position,
        category,
        entry: { blind, former: this.#keys.formerBlind(category, value), version: this.#keys.version },
        token,
        subject: group.subject,
        strength: strengths[category] ?? 9,
      });
      this.#candidates.set(blind, { token, subject: group.subject });
    }
    return token;
  }

  #group(party: Party, purpose: GroupPurpose): OpenGroup {
    const name = `${party}|${purpose}`;
    let group = this.#opened.get(name);
    if (group === undefined) {
      group = { index: this.#groups.length, id: pooledRandom(groupIdBytes), purpose, subject: this.#subject(party), fields: [] };
      this.#opened.set(name, group);
      this.#groups.push(group);
    }
    return group;
  }

  #subject(party: Party): string {
    let subject = this.#subjects.get(party);
    if (subject === undefined) {
      subject = this.#subjectOf(party);
      this.#subjects.set(party, subject);
    }
    return subject;
  }

  #knownToken(blind: string): string | undefined {
    const known = this.#known.get(blind);
    if (known !== undefined) this.#named.add(known.subject);
    return known?.token;
  }

  /** One value is looked up for its token and for its person. */
  #blind(category: Category, value: string): string {
    const key = `${category}|${value}`;
    let blind = this.#blinds.get(key);
    if (blind === undefined) {
      blind = this.#keys.blind(category, value);
      this.#blinds.set(key, blind);
    }
    return blind;
  }

  lane(): number {
    const number = this.#notice.trackingNumber;
    if (number !== null) return this.#firstBlind("trackingNumber", number).charCodeAt(0) % laneCount;
    const reference = this.#notice.orderReferences[0];
    return reference === undefined ? 0 : this.#firstBlind("orderReference", reference).charCodeAt(0) % laneCount;
  }

  /** A shipment keeps its lane when the index gets a new key. */
  #firstBlind(category: Category, value: string): string {
    return this.#keys.version === 1 ? this.#blind(category, value) : this.#keys.firstBlind(category, value);
  }

  /** The person behind a party: known by the strongest identifier that has been met before, else somebody new. Others that it was known as are linked. */
  #subjectOf(party: Party): string {
    const found: Found[] = [];
    for (const { category, role, value } of this.#notice.fields) if (partyOf[role] === party) this.#find(category, value, found);
    if (party === "recipient") {
      if (this.#notice.trackingNumber !== null) this.#find("trackingNumber", this.#notice.trackingNumber, found);
      if (this.#notice.parentNumber !== null) this.#find("trackingNumber", this.#notice.parentNumber, found);
    }
    if (found.length === 0) return randomUUID();
    const { subject } = found.reduce(stronger);
    if (found.length === 1) return subject;
    const others = new Set(found.map((each) => each.subject));
    others.delete(subject);
    for (const sameAs of others) this.#links.push({ subject, sameAs });
    return subject;
  }
  #find(category: Category, value: string, found: Found[]): void {
    const strength = strengths[category];
    if (strength === undefined) return;
    const known = this.#known.get(this.#blind(category, value));
    if (known !== undefined) found.push({ subject: known.subject, strength });
  }
}

/** A person whom an identifier is known for. */
interface Found {
  readonly subject: string;
  readonly strength: number;
}

const stronger = (best: Found, each: Found): Found => (each.strength < best.strength ? each : best);
