import type { Status, StatusMeaning, StatusReason } from "../domain/status.ts";

/**
 * A status table out of its codes grouped by meaning, for carriers with hundreds of codes.
 * @param rows status, reason, and the codes that mean it, with blanks between them.
 * @throws {Error} for a code that stands in two rows: one of them is a mistake.
 */
export function statusTable(rows: readonly (readonly [Status, StatusReason | null, string])[]): ReadonlyMap<string, StatusMeaning> {
  const table = new Map<string, StatusMeaning>();
  for (const [status, reason, codes] of rows) {
    for (const code of codes.split(" ")) {
      if (table.has(code)) throw new Error(`two meanings for ${code}`);
      table.set(code, { status, reason });
    }
  }
  return table;
}
