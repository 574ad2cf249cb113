import { LRUCache } from "lru-cache";
import type { RegisterEntry } from "../../domain/register-entry.ts";
import { nothingForbidden, type TransferPolicy } from "../../domain/release-decision.ts";
import type { RegisterStore } from "../../store/register-store.ts";

/** No tenant has this id, and so no agreement. */
export const nobody = "00000000-0000-0000-0000-000000000000";

/** What a tenant has agreed or forbidden takes effect within this time, should nobody say that it has changed. */
const ttlMs = 30_000;
const tenantsMax = 10_000;

interface Held {
  readonly entries: ReadonlyMap<string, RegisterEntry>;
  readonly policy: TransferPolicy;
}

/** The register and the policies of tenants, read once for many calls. */
export class CachedRegister {
  readonly #store: Pick<RegisterStore, "of" | "policy">;
  readonly #held = new LRUCache<string, Promise<Held>>({ max: tenantsMax, ttl: ttlMs });

  constructor(store: Pick<RegisterStore, "of" | "policy">) {
    this.#store = store;
  }

  /** @returns null where the source is in no register. */
  async entryOf(tenant: string, source: string): Promise<RegisterEntry | null> {
    return (await this.#of(tenant)).entries.get(source) ?? null;
  }

  async policyOf(tenant: string): Promise<TransferPolicy> {
    return (await this.#of(tenant)).policy;
  }

  /** Something has changed. */
  forget(): void {
    this.#held.clear();
  }

  #of(tenant: string): Promise<Held> {
    let held = this.#held.get(tenant);
    if (held === undefined) {
      held = this.#read(tenant);
      this.#held.set(tenant, held);
      held.catch(() => this.#held.delete(tenant));
    }
    return held;
  }

  async #read(tenant: string): Promise<Held> {
    const [entries, policy] = [await this.#store.of(tenant), await this.#store.policy(tenant)];
    return { entries: new Map(entries.map(({ entry }) => [entry.source, entry])), policy: policy?.content ?? nothingForbidden };
  }
}
