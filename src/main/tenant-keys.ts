import { indexKeys, type IndexKeys } from "../vault/blind-index.ts";
import type { SealingKeys } from "../vault/keys/provider.ts";

/** The keys of each tenant's blind index, derived once. */
export class TenantKeys {
  readonly #keys: Pick<SealingKeys, "derive">;
  readonly #deriving = new Map<string, Promise<IndexKeys>>();
  readonly #ready = new Map<string, IndexKeys>();

  constructor(keys: Pick<SealingKeys, "derive">) {
    this.#keys = keys;
  }

  /** Those of a tenant that has been met, without a wait. */
  ready(tenant: string): IndexKeys | undefined {
    return this.#ready.get(tenant);
  }

  /** @throws {KeyError} as the provider does; the next call tries again. */
  of(tenant: string): Promise<IndexKeys> {
    let keys = this.#deriving.get(tenant);
    if (keys === undefined) {
      keys = indexKeys(this.#keys, tenant);
      this.#deriving.set(tenant, keys);
      keys.then(
        (ready) => this.#ready.set(tenant, ready),
        () => this.#deriving.delete(tenant),
      );
    }
    return keys;
  }
}
