import type { Category } from "../domain/category.ts";
import { KeyedHash } from "../domain/keyed-hash.ts";
import type { SealingKeys } from "./keys/provider.ts";

/** Bytes of a blind index: HMAC-SHA-256 cut to 128 bits (a chance of 3e-21 that two of 10^9 values meet). */
export const blindIndexBytes = 16;

/**
 * The keys of one tenant's blind index, derived from the root and held in memory. They find a value's token again; they open nothing.
 * The index value lives only in the vault's tables.
 */
export interface IndexKeys {
  /** @returns 16 latin-1 characters. */
  blind(category: Category, value: string): string;
  /** Fingerprint of an event's identity or of a shipment's discriminator: 24 hex digits. */
  fingerprint(identity: string): string;
  /** Key under which a request is met again: 16 latin-1 characters. */
  dedupe(endpoint: string, content: string): string;
}

/** @throws {KeyError} as the provider does. */
export async function indexKeys(keys: Pick<SealingKeys, "derive">, tenant: string): Promise<IndexKeys> {
  const values = new KeyedHash(await keys.derive(`blind-index|${tenant}|v1`));
  const events = new KeyedHash(await keys.derive(`fingerprint|${tenant}|v1`));
  const requests = new KeyedHash(await keys.derive(`dedupe|${tenant}|v1`));
  return {
    blind: (category, value) => values.ofText(`${category}|${normalised(category, value)}`).slice(0, blindIndexBytes),
    fingerprint: (identity) => events.hexOfText(identity).slice(0, 24),
    dedupe: (endpoint, content) => requests.ofText(`${endpoint}|${content}`).slice(0, 16),
  };
}

/**
 * The form of a value that the index compares: what people and carriers write differently for the same thing.
 * Phone numbers keep their digits (a leading 00 becomes +); e-mail addresses fold case; numbers lose blanks, dashes and case.
 */
export function normalised(category: Category, value: string): string {
  switch (category) {
    case "email":
      return value.trim().toLowerCase();
    case "phone":
      return value.replace(/[^\d+]/g, "").replace(/^00/, "+");
    case "trackingNumber":
      return value.replace(/[\s-]/g, "").toUpperCase();
    case "orderReference":
    case "customerId":
      return value.trim();
    case "name":
    case "organisation":
    case "street":
    case "city":
    case "region":
    case "postalCode":
    case "location":
    case "freeText":
    case "document":
    case "accessLink":
      return value.trim().replace(/\s+/g, " ").toLowerCase();
  }
}
