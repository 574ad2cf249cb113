import type { Category, Role } from "./category.ts";
import { isPlaceholder, withoutEntities } from "./plain-text.ts";

/**
 * A personal value in clear. The one type that carries plaintext between a codec and the vault; stages behind the vault must not
 * import this file (an import rule enforces it).
 */
export interface PersonalField {
  readonly category: Category;
  readonly role: Role;
  /** Non-empty, at most {@link fieldCharsMax} UTF-16 code units; longer values are cut by {@link personalField}'s caller never, by the raw record only. */
  readonly value: string;
}

/** Longest value that becomes a personal field; anything longer (images, PDFs) stays in the sealed raw record only. */
export const fieldCharsMax = 4096;

/**
 * What a value must have to identify anybody. Senders write "n/a" or "-" where they have no number; persons who share such a value would become one.
 */
const essentials: Readonly<Partial<Record<Category, RegExp>>> = {
  name: /\p{L}/u,
  organisation: /[\p{L}\p{N}]/u,
  street: /[\p{L}\p{N}]/u,
  city: /\p{L}/u,
  postalCode: /[\p{L}\p{N}]/u,
  // Zeros are no telephone number, and guests are customer 0.
  phone: /[1-9](?:\D*\d){3}/,
  email: /.@./,
  customerId: /[1-9A-Za-z]/,
  trackingNumber: /[A-Za-z0-9]/,
};

/** As {@link isPlaceholder}, where a word may stand that a status could be. */
const nobody = /^(?:unknown|unbekannt|inconnu|not (?:available|provided|known)|no ?name)$/i;

/** @returns the field, or null when the value is absent, blank, a placeholder (`domain/plain-text.ts`) or longer than {@link fieldCharsMax}. */
export function personalField(category: Category, role: Role, value: unknown): PersonalField | null {
  const text = typeof value === "string" ? withoutEntities(value).trim() : typeof value === "number" ? String(value) : "";
  if (isPlaceholder(text) || nobody.test(text) || text.length > fieldCharsMax || essentials[category]?.test(text) === false) return null;
  return { category, role, value: text };
}
