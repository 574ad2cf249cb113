import { KeyedHash } from "../domain/keyed-hash.ts";
import { KeyError, type OpeningKeys } from "./keys/provider.ts";
import type { OpenedSubject, OpenedValue } from "./opening.ts";
import { openGroup, type SealedGroup } from "./seal-group.ts";
import { SealError } from "./sealing.ts";
import { formatToken, tokenOf } from "./token.ts";
import { keyPurposeOf } from "./tokenise.ts";

/** A group as the database keeps it, with the wrap of the session key that it was sealed under. */
export interface StoredGroup extends SealedGroup {
  /** 19 bytes. */
  readonly id: Buffer;
  /** UUID. */
  readonly record: string;
  readonly sessionId: number;
  readonly epoch: number;
  readonly wrapped: Buffer;
}

/**
 * Opens what is kept about one subject. Each session key is unwrapped once, which the provider records, and zeroed before the next one.
 * A group that does not open is counted by its reason and holds up no other.
 * @throws {KeyError} `unavailable`, `not-permitted`, `refused-credentials`: nothing was answered.
 */
export async function openSubject(
  grant: { readonly tenant: string; readonly purpose: OpenedSubject["purpose"] },
  groups: readonly StoredGroup[],
  keys: OpeningKeys,
  cell: string,
): Promise<OpenedSubject> {
  const values: OpenedValue[] = [];
  const refused: Record<string, number> = {};
  const refuse = (reason: string, count: number): void => void (refused[reason] = (refused[reason] ?? 0) + count);
  let opened = 0;
  for (const bySession of groupedBy(groups, (group) => `${group.sessionId}/${group.purpose}`)) {
    const key = await unwrapped(keys, grant.tenant, bySession[0]!).catch((error: unknown) => reasonOf(error));
    if (typeof key === "string") {
      refuse(key, bySession.length);
      continue;
    }
    using session = key;
    for (const group of bySession) {
      try {
        const fields = openGroup(session, group.sessionId, grant.tenant, group.id, group);
        opened += fields.length;
        if (grant.purpose === "access-export") {
          for (const { position, category, value } of fields) {
            values.push({ token: formatToken(cell, category, tokenOf(group.id, position)), category, record: group.record, value });
          }
        }
      } catch (error) {
        refuse(reasonOf(error), 1);
      }
    }
  }
  return grant.purpose === "access-export" ? { purpose: grant.purpose, values, refused } : { purpose: grant.purpose, opened, refused };
}

async function unwrapped(keys: OpeningKeys, tenant: string, { wrapped, epoch, purpose }: StoredGroup): Promise<KeyedHash> {
  const key = await keys.unwrap(wrapped, { tenant, purpose: keyPurposeOf(purpose), epoch });
  try {
    return new KeyedHash(key);
  } finally {
    key.fill(0);
  }
}

/** @throws what is not about this one wrap or seal. */
function reasonOf(error: unknown): string {
  if (error instanceof SealError) return error.code;
  if (error instanceof KeyError && (error.code === "refused-wrap" || error.code === "retired-epoch" || error.code === "unknown-epoch"))
    return error.code;
  throw error;
}

function groupedBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[][] {
  return [...Map.groupBy(items, keyOf).values()];
}
