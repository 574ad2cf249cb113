import { commitmentBytes, fieldKey, openField, saltBytes, sealField, SealError, type FieldKey } from "./sealing.ts";
import type { IngestSession } from "./ingest-session.ts";
import { categories, categoryOfLetters, type Category } from "../domain/category.ts";
import { pooledRandom } from "./random.ts";
import { groupIdBytes, tokenBytes } from "./token.ts";
import type { SealGroup } from "./tokenise.ts";

/** A group as the database keeps it. */
export interface SealedGroup {
  readonly salt: Buffer;
  readonly commitment: Buffer;
  /** For each field: position(1) category letters(2) length(4) sealed field. */
  readonly fields: Buffer;
}

/** Seals every value of a group alone, under a key of the group's own. */
export function sealGroup(session: IngestSession, tenant: string, group: SealGroup): SealedGroup {
  const salt = pooledRandom(saltBytes);
  const key = fieldKey(session.hash, session.id, salt);
  const parts: Buffer[] = [];
  for (const { position, category, value } of group.fields) {
    const sealed = sealField(key, tenant, category, tokenOf(group.id, position), value);
    const head = Buffer.allocUnsafe(7);
    head[0] = position;
    head.write(categories[category].letters, 1, "latin1");
    head.writeUInt32BE(sealed.length, 3);
    parts.push(head, sealed);
  }
  return { salt, commitment: key.commitment, fields: Buffer.concat(parts) };
}

export interface OpenedField {
  readonly position: number;
  readonly category: Category;
  readonly value: string;
}

/**
 * Opens the values of a group; for the opener only.
 * @throws {SealError} `not-a-seal`, `refused`.
 */
export function openGroup(session: IngestSession, tenant: string, id: Uint8Array, group: SealedGroup): readonly OpenedField[] {
  if (group.commitment.length !== commitmentBytes) throw new SealError("not-a-seal", "a commitment of another length");
  const key: FieldKey = fieldKey(session.hash, session.id, group.salt);
  const opened: OpenedField[] = [];
  for (let at = 0; at < group.fields.length;) {
    const position = group.fields[at]!;
    const category = categoryOfLetters(group.fields.toString("latin1", at + 1, at + 3));
    const length = group.fields.readUInt32BE(at + 3);
    if (category === null) throw new SealError("not-a-seal", "a field of an unknown category");
    const sealed = group.fields.subarray(at + 7, at + 7 + length);
    opened.push({ position, category, value: openField(key, group.commitment, tenant, category, tokenOf(id, position), sealed) });
    at += 7 + length;
  }
  return opened;
}

function tokenOf(id: Uint8Array, position: number): Buffer {
  const token = Buffer.allocUnsafe(tokenBytes);
  token.set(id);
  token[groupIdBytes] = position;
  return token;
}
