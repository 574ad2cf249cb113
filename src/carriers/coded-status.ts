import type { StatusMeaning } from "../domain/status.ts";
import { text } from "./json.ts";

/** A status with the carrier's code that gave it. */
export interface CodedStatus extends StatusMeaning {
  /** A key of one of the source's status tables; null when nothing in the payload is in them. */
  readonly code: string | null;
}

export const unknownStatus: CodedStatus = { status: "unknown", reason: null, code: null };

/** @returns null when the value is not a code of this table. */
export function codedStatus(table: ReadonlyMap<string, StatusMeaning>, value: unknown): CodedStatus | null {
  const code = text(value);
  const meaning = code === null ? undefined : table.get(code);
  return meaning === undefined ? null : { status: meaning.status, reason: meaning.reason, code };
}
