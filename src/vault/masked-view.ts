import { createSecretKey, type KeyObject } from "node:crypto";
import type { Category } from "../domain/category.ts";
import type { SealingKeys } from "./keys/provider.ts";
import { ivBytes, open, SealError, sealInto, tagBytes } from "./sealing.ts";

/**
 * Masked views that a tenant has asked to keep: made when the value is sealed, since whoever shows them cannot open it. They are of phone numbers and
 * e-mail addresses only. Other categories' views are parts of an address or a name, which say who somebody is when several are joined.
 */
export const maskedCategories = ["phone", "email"] as const satisfies readonly Category[];
export type MaskedCategory = (typeof maskedCategories)[number];

const version = 1;

/**
 * Seals a view: `version(1) iv(12) ciphertext tag(16)`, AES-256-GCM under a key of the tenant that ingress and API derive, with tenant and token as
 * additional data. So a copy of the database shows nothing; the API shows it to the tenant's callers.
 */
export interface MaskedViews {
  /** @param token 20 bytes. */
  seal(token: Uint8Array, view: string): Buffer;
  /** @throws {SealError} `not-a-seal`, `refused`. */
  open(token: Uint8Array, sealed: Uint8Array): string;
}

/** @throws {KeyError} as the provider does. */
export async function maskedViews(keys: Pick<SealingKeys, "derive">, tenant: string): Promise<MaskedViews> {
  const derived = await keys.derive(`masked-view|${tenant}|v1`);
  const key: KeyObject = createSecretKey(derived);
  derived.fill(0);
  const context = (token: Uint8Array): Buffer => Buffer.concat([Buffer.from(`masked-view/${version}|${tenant}|`), token]);
  return {
    seal: (token, view) => {
      const plaintext = Buffer.from(view);
      const sealed = Buffer.alloc(1 + ivBytes + plaintext.length + tagBytes);
      sealed[0] = version;
      sealInto(sealed, 1, key, context(token), plaintext);
      return sealed;
    },
    open: (token, sealed) => {
      if (sealed[0] !== version || sealed.length < 1 + ivBytes + tagBytes) {
        throw new SealError("not-a-seal", `not a masked view of version ${version}: ${sealed.length} bytes`);
      }
      return open(key, context(token), sealed.subarray(1)).toString("utf8");
    },
  };
}
