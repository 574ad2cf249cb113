import type { PersonalField } from "../domain/personal.ts";

/**
 * Personal fields of one notice: absent values dropped, and each value kept once per category and role (senders repeat the
 * recipient's address in several blocks; one token for it is enough).
 */
export function personalFields(...candidates: readonly (PersonalField | null)[]): readonly PersonalField[] {
  const fields: PersonalField[] = [];
  for (const candidate of candidates) {
    if (candidate !== null && !isAmong(fields, candidate)) fields.push(candidate);
  }
  return fields;
}

function isAmong(fields: readonly PersonalField[], candidate: PersonalField): boolean {
  for (const field of fields) if (sameField(field, candidate)) return true;
  return false;
}

function sameField(one: PersonalField, other: PersonalField): boolean {
  return one.value === other.value && one.category === other.category && one.role === other.role;
}
