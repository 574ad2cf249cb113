import { LRUCache } from "lru-cache";
import { type Beacons, beaconsOf, type BeaconCategory, type BeaconShape } from "../../vault/beacon.ts";
import type { SealingKeys } from "../../vault/keys/provider.ts";
import { type MaskedViews, maskedViews } from "../../vault/masked-view.ts";
import { shortCodes } from "../../vault/short-token.ts";

const heldMax = 10_000;

/** What is derived once for each tenant, where it is asked for. */
export class TenantVault {
  readonly #shorts: (tenant: string) => Promise<(token: Uint8Array) => Buffer>;
  readonly #masks: (tenant: string) => Promise<MaskedViews>;
  readonly #beacons: (name: string) => Promise<Beacons>;

  constructor(keys: Pick<SealingKeys, "derive">) {
    this.#shorts = once((tenant) => shortCodes(keys, tenant));
    this.#masks = once((tenant) => maskedViews(keys, tenant));
    this.#beacons = once((name) => {
      const [tenant, category, bits, partitions] = name.split("|") as [string, BeaconCategory, string, string];
      return beaconsOf(keys, tenant, category, { bits: Number(bits), partitions: Number(partitions) });
    });
  }

  shortCodes(tenant: string): Promise<(token: Uint8Array) => Buffer> {
    return this.#shorts(tenant);
  }

  maskedViews(tenant: string): Promise<MaskedViews> {
    return this.#masks(tenant);
  }

  beacons(tenant: string, category: BeaconCategory, { bits, partitions }: BeaconShape): Promise<Beacons> {
    return this.#beacons(`${tenant}|${category}|${bits}|${partitions}`);
  }
}

/** A failure is not kept: the next call tries again. */
function once<Value extends object>(make: (name: string) => Promise<Value>): (name: string) => Promise<Value> {
  const held = new LRUCache<string, Value>({ max: heldMax, fetchMethod: (name) => make(name) });
  return async (name) => (await held.fetch(name))!;
}
