/** An account that has something to ask and could ask it now. */
export interface ReadyAccount {
  readonly account: string;
  readonly tenant: string;
  readonly source: string;
}

export interface CallSlots {
  /** Calls that may be under way in all, at one carrier, and with one account. */
  readonly total: number;
  readonly perSource: number;
  readonly perAccount: number;
}

/** What a pick costs: about a call's work for us, and a little more for a large one. */
const callCost = 20;

/**
 * Who goes next, fair between tenants: whoever has had least, counted in work (start-time fair queueing with equal weights). A tenant with a hundred
 * parcels waits for one call of the tenant with a hundred thousand, not for all of them; and who was idle has saved up nothing.
 *
 * Bounds of a carrier are kept beside it: one that hangs takes its own slots and no other's.
 */
export class FairTurns {
  readonly #slots: CallSlots;
  /** Work that each tenant had so far, on one scale. */
  readonly #served = new Map<string, number>();
  readonly #bySource = new Map<string, number>();
  readonly #byAccount = new Map<string, number>();
  #under = 0;
  /** Where the least served of those who wanted something stood when it was picked. */
  #clock = 0;

  constructor(slots: CallSlots) {
    this.#slots = slots;
  }

  get underWay(): number {
    return this.#under;
  }

  /** Picks whom to ask now, each by one call; `finish` gives the slot back. */
  pick(ready: readonly ReadyAccount[]): readonly ReadyAccount[] {
    const byTenant = Map.groupBy(ready, ({ tenant }) => tenant);
    const waiting = new Set(byTenant.keys());
    const picked: ReadyAccount[] = [];
    while (this.#under < this.#slots.total && waiting.size > 0) {
      const tenant = this.#leastServed(waiting);
      const accounts = byTenant.get(tenant)!;
      const at = accounts.findIndex((each) => this.#hasRoom(each));
      if (at < 0) {
        waiting.delete(tenant);
        continue;
      }
      const [account] = accounts.splice(at, 1);
      this.#begin(account!);
      picked.push(account!);
      if (accounts.length === 0) waiting.delete(tenant);
    }
    return picked;
  }

  /** @param numbers that the call asked about. */
  finish({ tenant, source, account }: ReadyAccount, numbers: number): void {
    this.#under--;
    add(this.#bySource, source, -1);
    add(this.#byAccount, account, -1);
    add(this.#served, tenant, numbers);
  }

  #leastServed(waiting: ReadonlySet<string>): string {
    let least: { readonly tenant: string; readonly served: number } | null = null;
    for (const tenant of waiting) {
      const served = Math.max(this.#served.get(tenant) ?? 0, this.#clock);
      if (least === null || served < least.served) least = { tenant, served };
    }
    return least!.tenant;
  }

  #begin({ tenant, source, account }: ReadyAccount): void {
    const served = Math.max(this.#served.get(tenant) ?? 0, this.#clock);
    this.#clock = served;
    this.#served.set(tenant, served + callCost);
    this.#under++;
    add(this.#bySource, source, 1);
    add(this.#byAccount, account, 1);
    if (this.#served.size > tenantsMax) this.#forget();
  }

  #hasRoom({ source, account }: ReadyAccount): boolean {
    return (this.#bySource.get(source) ?? 0) < this.#slots.perSource && (this.#byAccount.get(account) ?? 0) < this.#slots.perAccount;
  }

  /** Whoever is behind the clock counts from the clock anyway. */
  #forget(): void {
    for (const [tenant, served] of this.#served) if (served <= this.#clock) this.#served.delete(tenant);
  }
}

const tenantsMax = 100_000;

function add(counts: Map<string, number>, key: string, more: number): void {
  const count = (counts.get(key) ?? 0) + more;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
