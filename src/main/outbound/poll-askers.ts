import type { CarrierClient } from "../../carriers/client.ts";
import type { Quota, RegisterEntry } from "../../domain/register-entry.ts";
import type { TransferPolicy } from "../../domain/release-decision.ts";
import type { Resilience } from "../../outbound/resilience.ts";
import type { OutboundAccount, OutboundStore } from "../../store/outbound-store.ts";
import type { PolledShipment } from "./carrier-calls.ts";
import { mayBeTold } from "./may-be-told.ts";

export interface ReadyPoll extends PolledShipment {
  readonly carrier: string;
  readonly failures: number;
  readonly claimedAt: number;
}

/** An account with the means to ask. */
export interface Asker {
  account: OutboundAccount;
  client: CarrierClient;
  entry: RegisterEntry;
  quotas: readonly Quota[];
  cadenceMs: number;
  /** Epoch milliseconds; the carrier said so, or refuses the credential. What is due goes to others meanwhile. */
  heldUntil: number;
  /** Epoch milliseconds; for a reason of ours, such as another process that has what is due. Nobody else is asked for it. */
  restsUntil: number;
  /** Taken and not asked about yet, oldest first. */
  ready: ReadyPoll[];
}

export interface AskerParts {
  readonly store: Pick<OutboundStore, "accounts" | "holdAccount">;
  readonly resilience: Pick<Resilience, "waitMs">;
  readonly clients: ReadonlyMap<string, CarrierClient>;
  /** The register's entry of a source as it is for a tenant; null where there is none. */
  readonly entryOf: (tenant: string, source: string) => Promise<RegisterEntry | null>;
  readonly policyOf: (tenant: string) => Promise<TransferPolicy>;
  readonly now: () => number;
}

/**
 * The accounts that can be asked. Of several of a merchant that answer for one carrier the order is settled: the lowest rank, of one rank the one that was added
 * first (the store gives them so). The first that is healthy is asked; health is a matter of the carrier's: a breaker, a hold.
 */
export class Askers {
  readonly #parts: AskerParts;
  /** In the settled order. */
  #askers = new Map<string, Asker>();
  /** Holds that a reading of the table may not have seen, by account: `Infinity` until it is written, then the count of holds at that time. */
  readonly #held = new Map<string, number>();
  #holds = 0;

  constructor(parts: AskerParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#askers.size;
  }

  all(): Iterable<Asker> {
    return this.#askers.values();
  }

  get(account: string): Asker | null {
    return this.#askers.get(account) ?? null;
  }

  /** How long an account is not asked by the carrier's doing, whatever is due. */
  blockedMs({ account, heldUntil }: Asker): number {
    return Math.max(0, heldUntil - this.#parts.now(), this.#parts.resilience.waitMs(account.source, account.credential));
  }

  /** Accounts that answer for a tenant's carrier and can be asked, in the settled order. */
  healthyFor(tenant: string, carrier: string): readonly Asker[] {
    return this.#answeringFor(tenant, carrier).filter((asker) => this.blockedMs(asker) === 0);
  }

  /** Whom to turn to after an account, in the settled order and around it; null where nobody else can be asked. */
  nextAfter({ account }: Asker, carrier: string): Asker | null {
    const answering = this.#answeringFor(account.tenant, carrier);
    const at = answering.findIndex((asker) => asker.account.id === account.id);
    const others = [...answering.slice(at + 1), ...answering.slice(0, Math.max(0, at))];
    return others.find((asker) => this.blockedMs(asker) === 0) ?? null;
  }

  /** Durable when it returns. */
  async hold(asker: Asker, forMs: number, reason: string): Promise<void> {
    const { id } = asker.account;
    asker.heldUntil = Math.max(asker.heldUntil, this.#parts.now() + forMs);
    this.#held.set(id, Infinity);
    await this.#parts.store.holdAccount(id, asker.heldUntil, reason).finally(() => this.#held.set(id, ++this.#holds));
  }

  /** @returns every account there is, also those that cannot be asked. */
  async read(): Promise<readonly OutboundAccount[]> {
    const begun = this.#holds;
    const accounts = await this.#parts.store.accounts();
    const read = new Map<string, Asker>();
    for (const account of accounts) {
      const means = await this.#meansOf(account);
      if (means === null) continue;
      const before = this.#askers.get(account.id);
      if (before === undefined) {
        read.set(account.id, { ...means, restsUntil: 0, ready: [] });
        continue;
      }
      // A hold of meanwhile is newer than what was read.
      const heldUntil = (this.#held.get(account.id) ?? 0) > begun ? before.heldUntil : means.heldUntil;
      // Calls that are under way go on with it.
      read.set(account.id, Object.assign(before, means, { heldUntil }));
    }
    this.#askers = read;
    for (const id of this.#held.keys()) if (!read.has(id)) this.#held.delete(id);
    return accounts;
  }

  #answeringFor(tenant: string, carrier: string): readonly Asker[] {
    return [...this.#askers.values()].filter(({ account }) => account.tenant === tenant && account.carriers.includes(carrier));
  }

  /** @returns null where the account cannot be asked: no connector, not in the register, or a release that is not automatic. */
  async #meansOf(account: OutboundAccount): Promise<Omit<Asker, "restsUntil" | "ready"> | null> {
    const client = this.#parts.clients.get(account.source);
    const entry = client === undefined ? null : await this.#parts.entryOf(account.tenant, account.source);
    if (client === undefined || entry === null || entry.polling === undefined) return null;
    const policy = await this.#parts.policyOf(account.tenant);
    const carriers = account.carriers.filter((carrier) => mayBeTold(entry, carrier, policy, this.#parts.now()));
    if (carriers.length === 0) return null;
    return {
      account: { ...account, carriers },
      client,
      entry,
      quotas: entry.polling.quotas,
      cadenceMs: entry.polling.cadenceMs,
      heldUntil: account.heldUntil?.getTime() ?? 0,
    };
  }
}
