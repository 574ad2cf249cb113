import type { Category, Role } from "./category.ts";

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
  phone: /\d/,
  email: /.@./,
  trackingNumber: /[A-Za-z0-9]/,
};

/** @returns the field, or null when the value is absent, blank, a placeholder or longer than {@link fieldCharsMax}. */
export function personalField(category: Category, role: Role, value: unknown): PersonalField | null {
  const text = typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : "";
  if (text === "" || text === "{}" || text.length > fieldCharsMax || essentials[category]?.test(text) === false) return null;
  return { category, role, value: text };
}
