import type { FairTurns, ReadyAccount } from "../../outbound/polling/fair-turns.ts";
import type { Resilience } from "../../outbound/resilience.ts";
import type { OutboundStore } from "../../store/outbound-store.ts";
import type { CarrierCalls } from "./carrier-calls.ts";
import type { ChangeFeeds } from "./change-feeds.ts";
import { type Asker, type AskerParts, Askers } from "./poll-askers.ts";
import { PollBatches } from "./poll-batches.ts";
import { concernsAccount, ingressAwayMs, settlementOf } from "./poll-settlement.ts";

const enrolMax = 2_000;
const enrolEveryMs = 5_000;
const accountsEveryMs = 30_000;
const idleMs = 60_000;

export interface PollScheduleParts extends Omit<AskerParts, "store" | "resilience"> {
  readonly store: Pick<OutboundStore, "accounts" | "holdAccount" | "enrol" | "assign" | "dueAccounts" | "claim" | "settle" | "noteLetters">;
  readonly calls: Pick<CarrierCalls, "ask" | "quotaWaitMs" | "learnQuotas" | "keep" | "freeAt">;
  readonly resilience: Pick<Resilience, "waitMs" | "keep">;
  readonly feedsOf: (askers: Askers) => Pick<ChangeFeeds, "turn" | "isFed">;
  readonly turns: FairTurns;
  readonly random: () => number;
  /** A call has ended: there is room for the next. */
  readonly ended: () => void;
  readonly failed: (error: unknown, what: string) => void;
}

/**
 * Who is asked about what, and when. A shipment's way:
 *
 *   due ──claim──► decided ──poll──► ready ──call──► settled (due again when the index has taken the answer in)
 *                     │
 *                     ├─wait──► due later, by what is known now
 *                     └─stop──► dropped
 *
 * The table holds everything that must outlive the process: when each shipment is due, what was spent of each quota, whom a carrier has told to wait.
 * Who can be asked stands in `poll-askers.ts`, what is decided of what is due in `poll-batches.ts`, what follows from a call in `poll-settlement.ts`.
 */
export class PollSchedule {
  readonly #parts: PollScheduleParts;
  readonly #askers: Askers;
  readonly #batches: PollBatches;
  readonly #feeds: Pick<ChangeFeeds, "turn" | "isFed">;
  readonly #running = new Set<Promise<void>>();
  #accountsAt = -Infinity;
  #enrolAt = -Infinity;

  constructor(parts: PollScheduleParts) {
    this.#parts = parts;
    this.#askers = new Askers(parts);
    this.#feeds = parts.feedsOf(this.#askers);
    this.#batches = new PollBatches({ ...parts, askers: this.#askers, isFed: (credential) => this.#feeds.isFed(credential) });
  }

  /** Accounts came, went, or are not held any more. */
  accountsChanged(): void {
    this.#accountsAt = -Infinity;
  }

  /** Begins the calls that may begin now. @returns how long there is nothing to do, unless a call ends. */
  async turn(): Promise<number> {
    const { now, turns, store } = this.#parts;
    if (now() - this.#accountsAt >= accountsEveryMs) await this.#readAccounts();
    if (this.#askers.size === 0) return idleMs;
    if (now() >= this.#enrolAt) await this.#enrol();
    const due = await store.dueAccounts();
    const ready: ReadyAccount[] = [];
    let restMs = Math.max(0, this.#enrolAt - now());
    for (const asker of this.#askers.all()) {
      const waitMs = this.#waitMs(asker, due.get(asker.account.id));
      if (waitMs > 0) restMs = Math.min(restMs, waitMs);
      else ready.push(readyAccount(asker));
    }
    const picked = turns.pick(ready);
    for (const each of picked) this.#run(each);
    return picked.length < ready.length || picked.length === 0 ? Math.max(restMs, 1) : 0;
  }

  /** Fetches the feeds that are due. */
  fetchFeeds(): Promise<void> {
    return this.#feeds.turn();
  }

  /** Resolves when no call is under way any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #waitMs(asker: Asker, dueAt: number | undefined): number {
    const { now, calls } = this.#parts;
    const { account, quotas } = asker;
    const untilDue = asker.ready.length > 0 ? 0 : (dueAt ?? Infinity) - now();
    const rested = Math.max(0, untilDue, asker.restsUntil - now());
    const blockedMs = this.#askers.blockedMs(asker);
    // What is due there goes to the others that answer for its carrier.
    if (blockedMs > 0 && account.carriers.some((carrier) => this.#askers.healthyFor(account.tenant, carrier).length > 0)) return rested;
    return Math.max(rested, blockedMs, calls.quotaWaitMs(account.credential, quotas, 1));
  }

  #run(ready: ReadyAccount): void {
    const asker = this.#askers.get(ready.account)!;
    let asked = 0;
    const work = this.#work(asker)
      .then((numbers) => void (asked = numbers))
      .catch((error: unknown) => {
        this.#parts.failed(error, "a poll failed; its parcels are due again when their lease is over");
        // Keys or database are away: not again at once.
        asker.restsUntil = Math.max(asker.restsUntil, this.#parts.now() + ingressAwayMs);
      })
      .finally(() => {
        this.#running.delete(work);
        this.#parts.turns.finish(ready, asked);
        this.#parts.ended();
      });
    this.#running.add(work);
  }

  /** One call. @returns the numbers that it asked about. */
  async #work(asker: Asker): Promise<number> {
    const { calls, store, resilience, now, random } = this.#parts;
    const batch = await this.#batches.next(asker);
    if (batch.length === 0) return 0;
    const { account, client, quotas, entry } = asker;
    const outcome = await calls.ask(account, client, quotas, entry.lawfulBasis, batch);
    const concerned = concernsAccount(outcome) ? [...batch, ...asker.ready.splice(0)] : batch;
    const { hold, settled, dropped, letter } = settlementOf(concerned, outcome, {
      account: account.id,
      now: now(),
      random,
      breakerMs: resilience.waitMs(account.source, account.credential),
      nextFor: (carrier) => this.#askers.nextAfter(asker, carrier)?.account.id ?? null,
    });
    if (hold !== null) await this.#askers.hold(asker, hold.forMs, hold.reason);
    await store.settle(settled, dropped);
    if (letter !== null) await store.noteLetters(account.id, letter.shipments, letter.code);
    return outcome.kind === "no-quota" ? 0 : batch.length;
  }

  async #enrol(): Promise<void> {
    const enrolled = await this.#parts.store.enrol(enrolMax);
    const assigned = await this.#parts.store.assign(enrolMax);
    this.#enrolAt = enrolled >= enrolMax || assigned >= enrolMax ? this.#parts.now() : this.#parts.now() + enrolEveryMs;
  }

  async #readAccounts(): Promise<void> {
    const { calls, resilience, now } = this.#parts;
    const isFirst = this.#accountsAt === -Infinity;
    this.#accountsAt = now();
    const accounts = await this.#askers.read();
    const credentials = new Set(accounts.map(({ credential }) => credential));
    resilience.keep(credentials);
    calls.keep(credentials);
    await calls.learnQuotas([...credentials]);
    if (isFirst) this.#enrolAt = -Infinity;
  }
}

function readyAccount({ account }: Asker): ReadyAccount {
  return { account: account.id, tenant: account.tenant, source: account.source };
}
