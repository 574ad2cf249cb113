import type { Candidate } from "../../outbound/guard/candidates.ts";
import type { IsKnown } from "../../outbound/guard/inspect.ts";
import type { EgressStore } from "../../store/egress-store.ts";
import type { TenantKeys } from "../keys/tenant-keys.ts";

/** Asks the vault which values it knows: by blind index, so without a key that opens anything, and for yes or no only. */
export class KnownValues {
  readonly #keys: Pick<TenantKeys, "renewed">;
  readonly #store: Pick<EgressStore, "knownBlinds">;

  constructor(keys: Pick<TenantKeys, "renewed">, store: Pick<EgressStore, "knownBlinds">) {
    this.#keys = keys;
    this.#store = store;
  }

  /** @throws {KeyError} as the provider does, and the database's. */
  async of(tenant: string, candidates: readonly Candidate[]): Promise<IsKnown> {
    // No value may be missed because the index got a new key in between.
    for (let keys = await this.#keys.renewed(tenant); ;) {
      const places = new Map<string, string>();
      for (const { category, value } of candidates) {
        const key = keyOf({ category, value });
        if (places.has(key)) continue;
        places.set(key, keys.blind(category, value));
        const former = keys.formerBlind(category, value);
        if (former !== null) places.set(`${key}|former`, former);
      }
      const known = await this.#ask(tenant, places);
      const newest = await this.#keys.renewed(tenant);
      if (newest === keys) return (candidate) => known.has(keyOf(candidate)) || known.has(`${keyOf(candidate)}|former`);
      keys = newest;
    }
  }

  async #ask(tenant: string, places: ReadonlyMap<string, string>): Promise<ReadonlySet<string>> {
    // Forms of one text are often the same value to the index.
    const blinds = [...new Set(places.values())];
    const answers = await this.#store.knownBlinds(
      tenant,
      blinds.map((blind) => Buffer.from(blind, "latin1")),
    );
    const known = new Set(blinds.filter((_, at) => answers[at] === true));
    return new Set(Array.from(places).flatMap(([key, blind]) => (known.has(blind) ? [key] : [])));
  }
}

function keyOf({ category, value }: Candidate): string {
  return `${category}|${value}`;
}
