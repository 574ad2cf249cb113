import { compareText } from "./bounded-union.ts";
import type { Message, PersonalToken } from "./message.ts";
import { compareNewest } from "./statement.ts";

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

/** @param knowledge of the message. */
export function storedPersonal({ kind, personal }: Message, knowledge: number | null): StoredPersonal[] {
  const fromShop = kind !== "tracking";
  return personal.map(({ category, role, token, subject }) => {
    return { category, role, token, subject, fromShop, knowledge: fromShop ? null : knowledge };
  });
}

/** A token has one category. Most roles are the recipient's, and a text that need not be joined is looked up four times as fast. */
export function personalKey({ role, token }: PersonalToken): string {
  return role === "recipient" ? token : `${token}|${role}`;
}

/** What a person's token is one of many of. */
export function personalKind({ category, role }: PersonalToken): string {
  return role === "recipient" ? category : `${category}|${role}`;
}

/**
 * The shop's, then the newest. The bounds are met in practice: a carrier repeats names and streets in every message, each time under
 * fresh random tokens.
 */
export function comparePersonal(left: StoredPersonal, right: StoredPersonal): number {
  return (
    Number(right.fromShop) - Number(left.fromShop) ||
    compareNewest(left.knowledge, right.knowledge) ||
    compareText(left.token, right.token) ||
    compareText(left.role, right.role) ||
    compareText(left.subject, right.subject)
  );
}

/** @param knowledge of the message. */
export function storedTexts({ source, textToken: token }: Message, knowledge: number | null): StoredText[] {
  return token === null ? [] : [{ source, token, knowledge }];
}

export function compareTexts(left: StoredText, right: StoredText): number {
  return compareNewest(left.knowledge, right.knowledge) || compareText(left.token, right.token) || compareText(left.source, right.source);
}
