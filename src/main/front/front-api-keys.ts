import type { Scope } from "../../domain/scope.ts";
import type { ApiKeys, ApiKeyView } from "../../ingress/services.ts";
import type { AdminStore, NewApiKey } from "../../store/admin-store.ts";
import { ProblemError } from "../../ingress/problems.ts";
import { randomLetters, secretHash } from "./secret-text.ts";

/** A tenant's keys to the API. */
export class FrontApiKeys implements ApiKeys {
  readonly #store: AdminStore;

  constructor(store: AdminStore) {
    this.#store = store;
  }

  async create(tenant: string, scopes: readonly Scope[], owner: string | null): ReturnType<ApiKeys["create"]> {
    const { row, apiKey } = newApiKey(scopes, owner);
    await ofKnownOwner(this.#store.createApiKey(tenant, row));
    return { key: row.id, apiKey, scopes, owner };
  }

  async list(tenant: string): Promise<readonly ApiKeyView[]> {
    return (await this.#store.apiKeysOf(tenant)).map(({ id, scopes, owner, created_at, revoked_at }) => ({
      key: id,
      scopes,
      owner,
      createdAt: created_at.toISOString(),
      revokedAt: revoked_at?.toISOString() ?? null,
    }));
  }

  revoke(tenant: string, key: string): Promise<boolean> {
    return this.#store.revokeApiKey(tenant, key);
  }
}

/** @returns the key, and what is kept of it. */
export function newApiKey(scopes: readonly Scope[], owner: string | null): { readonly row: NewApiKey; readonly apiKey: string } {
  const id = randomLetters(16);
  const secret = randomLetters(32);
  return { row: { id, secretSha256: secretHash(secret), scopes, owner }, apiKey: `pk_${id}_${secret}` };
}

/** PostgreSQL's `foreign_key_violation`: the owner is no operator. @throws {ProblemError} */
export async function ofKnownOwner<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "23503") throw error;
    throw new ProblemError("invalid_field", { errors: [{ pointer: "#/owner", detail: "is no operator" }] });
  }
}
