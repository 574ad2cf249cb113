import type { StatusMeaning } from "../domain/status.ts";
import type { CodedStatus } from "./coded-status.ts";
import { text } from "./json.ts";

/** The beginnings of the fixed sentences of a carrier that gives no codes, in lower case, with their meanings. */
export type PhraseTable = ReadonlyMap<string, StatusMeaning>;

/**
 * The status that a carrier's sentence stands for: that of the longest beginning which the sentence has. The code is the table's beginning and
 * never the sentence, whose end may name a person or a place.
 * @returns null when no beginning fits.
 */
export function phraseStatus(table: PhraseTable, sentence: unknown): CodedStatus | null {
  const given = text(sentence)?.toLowerCase().replace(/\s+/g, " ");
  if (given === undefined) return null;
  let code: string | null = null;
  for (const beginning of table.keys()) {
    if (given.startsWith(beginning) && beginning.length > (code?.length ?? 0)) code = beginning;
  }
  const meaning = code === null ? undefined : table.get(code);
  return meaning === undefined ? null : { status: meaning.status, reason: meaning.reason, code };
}
