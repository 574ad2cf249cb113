import { LRUCache } from "lru-cache";
import type { PolicyRow } from "../../store/token-store.ts";
import { beaconCategories, type BeaconCategory, type BeaconShape } from "../../vault/beacon.ts";
import { type MaskedCategory, maskedCategories } from "../../vault/masked-view.ts";

/** A changed policy holds everywhere within this time. */
const policyTtlMs = 5_000;
const policiesMax = 10_000;

/** What a tenant has switched on beside tokens. By default nothing. */
export interface VaultPolicy {
  readonly masked: readonly MaskedCategory[];
  readonly beacons: ReadonlyMap<BeaconCategory, BeaconShape>;
}

/** The policies of tenants, read anew every few seconds. */
export class VaultPolicies {
  readonly #held: LRUCache<string, VaultPolicy>;

  constructor(read: (tenant: string) => Promise<PolicyRow | null>) {
    this.#held = new LRUCache({ max: policiesMax, ttl: policyTtlMs, fetchMethod: async (tenant) => policyOf(await read(tenant)) });
  }

  /** To be read anew: this process has changed it. */
  forget(tenant: string): void {
    this.#held.delete(tenant);
  }

  async of(tenant: string): Promise<VaultPolicy> {
    return (await this.#held.fetch(tenant))!;
  }
}

/** Categories that this version does not know are left out. */
function policyOf(row: PolicyRow | null): VaultPolicy {
  const beacons = Object.entries(row?.beacons ?? {}).filter((entry): entry is [BeaconCategory, BeaconShape] => isBeaconCategory(entry[0]));
  return { masked: (row?.masked ?? []).filter(isMaskedCategory), beacons: new Map(beacons) };
}

export function isBeaconCategory(category: string): category is BeaconCategory {
  return (beaconCategories as readonly string[]).includes(category);
}

export function isMaskedCategory(category: string): category is MaskedCategory {
  return (maskedCategories as readonly string[]).includes(category);
}
