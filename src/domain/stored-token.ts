import { compareText } from "./bounded-union.ts";
import type { Message, PersonalToken } from "./message.ts";
import { compareNewest, knowledge } from "./statement.ts";

/** A personal value's token, with what decides whether it stays when there are too many. */
export interface StoredPersonal extends PersonalToken {
  /** Came with a shop's message. Those are kept before a carrier's: a release to a carrier is made of them. */
  readonly fromShop: boolean;
  /** How recent the message was; a shop's has no carrier time, hence null. */
  readonly knowledge: number | null;
}

/** Token of the free text of one message's events. */
export interface StoredText {
  readonly source: string;
  readonly token: string;
  readonly knowledge: number | null;
}

export function storedPersonal(message: Message): StoredPersonal[] {
  if (message.personal.length === 0) return [];
  const fromShop = message.kind !== "tracking";
  const recency = fromShop ? null : knowledge(message);
  return message.personal.map(({ category, role, token, subject }) => ({ category, role, token, subject, fromShop, knowledge: recency }));
}

export function personalKey({ category, role, token }: PersonalToken): string {
  return `${category}|${role}|${token}`;
}

/**
 * The shop's, then the newest. The bound is met in practice: a polled carrier repeats names and streets in every answer, each time under
 * fresh random tokens.
 */
export function comparePersonal(left: StoredPersonal, right: StoredPersonal): number {
  return (
    Number(right.fromShop) - Number(left.fromShop) ||
    compareNewest(left.knowledge, right.knowledge) ||
    compareText(personalKey(left), personalKey(right)) ||
    compareText(left.subject, right.subject)
  );
}

export function storedTexts(message: Message): StoredText[] {
  const { source, textToken: token } = message;
  return token === null ? [] : [{ source, token, knowledge: knowledge(message) }];
}

export function compareTexts(left: StoredText, right: StoredText): number {
  return compareNewest(left.knowledge, right.knowledge) || compareText(left.token, right.token) || compareText(left.source, right.source);
}
