import { indexKeys, type IndexKeys, type IndexVersion } from "../../vault/blind-index.ts";
import type { SealingKeys } from "../../vault/keys/provider.ts";

/** Keys of the index that were derived from a root which this process has not read yet are found after a refresh. */
type DerivingKeys = Pick<SealingKeys, "derive"> & { refresh?(): Promise<void> };

/** The keys of each tenant's blind index, derived once for each version. */
export class TenantKeys {
  readonly #keys: DerivingKeys;
  readonly #versionsOf: (tenant: string) => Promise<readonly IndexVersion[]>;
  readonly #deriving = new Map<string, Promise<IndexKeys>>();
  readonly #ready = new Map<string, IndexKeys>();

  constructor(keys: DerivingKeys, versionsOf: (tenant: string) => Promise<readonly IndexVersion[]>) {
    this.#keys = keys;
    this.#versionsOf = versionsOf;
  }

  /** Those of a tenant that has been met, without a wait. */
  ready(tenant: string): IndexKeys | undefined {
    return this.#ready.get(tenant);
  }

  /** @throws {KeyError} as the provider does, and the database's; the next call tries again. */
  of(tenant: string): Promise<IndexKeys> {
    const ready = this.#ready.get(tenant);
    return ready === undefined ? this.#derive(tenant) : Promise.resolve(ready);
  }

  /** Those that hold now, for one whose keys were found to be old. Until they are there, the old ones go on being `ready`. */
  async renewed(tenant: string): Promise<IndexKeys> {
    const versions = await this.#versionsOf(tenant);
    const ready = this.#ready.get(tenant);
    if (ready !== undefined && ready.version === (versions.at(-1)?.version ?? 1)) return ready;
    return this.#derive(tenant);
  }

  /** Callers at the same time share one. */
  #derive(tenant: string): Promise<IndexKeys> {
    let deriving = this.#deriving.get(tenant);
    if (deriving === undefined) {
      deriving = this.#derived(tenant);
      this.#deriving.set(tenant, deriving);
      const done = (): void => void this.#deriving.delete(tenant);
      deriving.then(done, done);
    }
    return deriving;
  }

  async #derived(tenant: string): Promise<IndexKeys> {
    const versions = await this.#versionsOf(tenant);
    if (versions.length > 0) await this.#keys.refresh?.();
    const keys = await indexKeys(this.#keys, tenant, versions);
    this.#ready.set(tenant, keys);
    return keys;
  }
}
