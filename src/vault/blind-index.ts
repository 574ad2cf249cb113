import { bareNumber } from "../domain/bare-number.ts";
import type { Category } from "../domain/category.ts";
import { KeyedHash } from "../domain/keyed-hash.ts";
import type { SealingKeys } from "./keys/provider.ts";

/** Bytes of a blind index: HMAC-SHA-256 cut to 128 bits (a chance of 3e-21 that two of 10^9 values meet). */
export const blindIndexBytes = 16;

/**
 * The keys of one tenant's blind index, derived from the root and held in memory. They find a value's token again; they open nothing.
 * The index value lives only in the vault's tables.
 *
 * The index is rotated without its originals (EDPB guidelines 01/2025, paragraph 91): version n of an entry is a hash under key n over version n - 1.
 * So whoever looks a value up needs every key of the chain.
 */
export interface IndexKeys {
  /** Of the newest key. */
  readonly version: number;
  /** Under the newest key. @returns 16 latin-1 characters. */
  blind(category: Category, value: string): string;
  /** Under the key before it, while entries of that are being moved; null when there are none. */
  formerBlind(category: Category, value: string): string | null;
  /** Under the first key, for what has to stay the same. It is kept nowhere. */
  firstBlind(category: Category, value: string): string;
  /** Fingerprint of an event's identity or of a shipment's discriminator: 24 hex digits. */
  fingerprint(identity: string): string;
  /** Key under which a request is met again: 16 latin-1 characters. */
  dedupe(endpoint: string, content: string): string;
}

/** A key of the chain after the first. */
export interface IndexVersion {
  readonly version: number;
  /** Of the derivation root that it comes from. */
  readonly rootEpoch: number;
  /** Entries of the version before may be left. */
  readonly isMoving: boolean;
}

/**
 * @param versions those after the first, the newest last.
 * @throws {KeyError} as the provider does.
 */
export async function indexKeys(
  keys: Pick<SealingKeys, "derive">,
  tenant: string,
  versions: readonly IndexVersion[] = [],
): Promise<IndexKeys> {
  const values = new KeyedHash(await keys.derive(`blind-index|${tenant}|v1`));
  const later = await Promise.all(versions.map((version) => indexStep(keys, tenant, version)));
  const events = new KeyedHash(await keys.derive(`fingerprint|${tenant}|v1`));
  const requests = new KeyedHash(await keys.derive(`dedupe|${tenant}|v1`));
  const blindAfter = (steps: number, category: Category, value: string): string => {
    let blind = values.ofText(`${category}|${normalised(category, value)}`).slice(0, blindIndexBytes);
    for (let at = 0; at < steps; at++) blind = later[at]!(Buffer.from(blind, "latin1"));
    return blind;
  };
  const isMoving = versions.at(-1)?.isMoving === true;
  return {
    version: versions.at(-1)?.version ?? 1,
    blind: (category, value) => blindAfter(later.length, category, value),
    formerBlind: (category, value) => (isMoving ? blindAfter(later.length - 1, category, value) : null),
    firstBlind: (category, value) => blindAfter(0, category, value),
    fingerprint: (identity) => events.hexOfText(identity).slice(0, 24),
    dedupe: (endpoint, content) => requests.ofText(`${endpoint}|${content}`).slice(0, 16),
  };
}

/**
 * The step from an entry of the version before to one of this version.
 * @returns a function from 16 bytes to 16 latin-1 characters.
 * @throws {KeyError} as the provider does.
 */
export async function indexStep(
  keys: Pick<SealingKeys, "derive">,
  tenant: string,
  { version, rootEpoch }: Pick<IndexVersion, "version" | "rootEpoch">,
): Promise<(blind: Uint8Array) => string> {
  const key = new KeyedHash(await keys.derive(`blind-index|${tenant}|v${version}`, rootEpoch));
  return (blind) => key.ofBytes(blind).slice(0, blindIndexBytes);
}

/**
 * The form of a value that the index compares: what people and carriers write differently for the same thing.
 * Phone numbers keep their digits (a leading 00 becomes +); e-mail addresses fold case; numbers lose blanks, dashes, case and a postcode before
 * them (`domain/bare-number.ts`).
 */
export function normalised(category: Category, value: string): string {
  switch (category) {
    case "email":
      return value.trim().toLowerCase();
    case "phone":
      return value.replace(/[^\d+]/g, "").replace(/^00/, "+");
    case "trackingNumber":
      return bareNumber(value).replace(/[\s-]/g, "").toUpperCase();
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
