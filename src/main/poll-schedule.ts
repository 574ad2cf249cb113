import type { CarrierClient } from "../carriers/client.ts";
import { unpackShipment } from "../domain/packed-shipment.ts";
import type { Quota, RegisterEntry } from "../domain/register-entry.ts";
import { decideRelease, type TransferPolicy } from "../domain/release-decision.ts";
import { FairTurns, type ReadyAccount } from "../outbound/polling/fair-turns.ts";
import { decidePoll, retryAt, settleMs } from "../outbound/polling/poll-decision.ts";
import { allowance, paceOf } from "../outbound/polling/quota.ts";
import type { Resilience } from "../outbound/resilience.ts";
import type { ClaimedPoll, OutboundAccount, OutboundStore, PollSettlement } from "../store/outbound-store.ts";
import type { CallOutcome, CarrierCalls, PolledShipment } from "./carrier-calls.ts";

/** Shipments that are taken at once; what a call does not ask about waits in memory. */
const claimMax = 500;
/** A shipment that was taken and not settled is due again after this. */
export const leaseMs = 5 * 60_000;
/** What waited so long in memory is left to its lease. */
const readyMs = 2 * 60_000;
/** No more is taken than may be asked about within this time. */
const aheadMs = 60_000;
const enrolMax = 2_000;
const enrolEveryMs = 5_000;
const accountsEveryMs = 30_000;
const idleMs = 60_000;
/** Failures in a row after which another account that answers for the carrier is asked. */
const fallbackAfter = 3;
/** Answers in a row that cannot be read and make a dead letter. */
const unreadableMax = 5;
const refusedCredentialMs = 24 * 60 * 60_000;
const refusedCallMs = 60 * 60_000;
/** Where the carrier does not say how long. */
const rateLimitedMs = 5 * 60_000;
const ingressAwayMs = 30_000;
const contendedMs = 250;
/** Until tenants can forbid recipients. */
const policy: TransferPolicy = { refusesOwnersOutsideEea: false, refusedRecipients: new Set() };

export interface PollScheduleParts {
  readonly store: Pick<OutboundStore, "accounts" | "holdAccount" | "enrol" | "assign" | "dueAccounts" | "claim" | "settle" | "noteLetters">;
  readonly calls: Pick<CarrierCalls, "ask" | "quotaWaitMs" | "learnQuotas" | "freeAt">;
  readonly resilience: Pick<Resilience, "waitMs" | "keep">;
  readonly turns: FairTurns;
  readonly clients: ReadonlyMap<string, CarrierClient>;
  /** The register's entry of a source as it is for a tenant; null where there is none. */
  readonly entryOf: (tenant: string, source: string) => Promise<RegisterEntry | null>;
  readonly now: () => number;
  readonly random: () => number;
  /** A call has ended: there is room for the next. */
  readonly ended: () => void;
  readonly failed: (error: unknown, what: string) => void;
}

interface ReadyPoll extends PolledShipment {
  readonly carrier: string;
  readonly failures: number;
  readonly claimedAt: number;
}

/** An account with the means to ask. */
interface Asker {
  account: OutboundAccount;
  client: CarrierClient;
  entry: RegisterEntry;
  quotas: readonly Quota[];
  cadenceMs: number;
  /** Epoch milliseconds; not asked until then. */
  heldUntil: number;
  /** Taken and not asked about yet, oldest first. */
  ready: ReadyPoll[];
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
 */
export class PollSchedule {
  readonly #parts: PollScheduleParts;
  readonly #askers = new Map<string, Asker>();
  readonly #running = new Set<Promise<void>>();
  #accountsAt = -Infinity;
  #enrolAt = -Infinity;

  constructor(parts: PollScheduleParts) {
    this.#parts = parts;
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
    for (const asker of this.#askers.values()) {
      const waitMs = this.#waitMs(asker, due.get(asker.account.id));
      if (waitMs > 0) restMs = Math.min(restMs, waitMs);
      else ready.push(readyAccount(asker));
    }
    const picked = turns.pick(ready);
    for (const each of picked) this.#run(each);
    return picked.length < ready.length || picked.length === 0 ? Math.max(restMs, 1) : 0;
  }

  /** Resolves when no call is under way any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #waitMs(asker: Asker, dueAt: number | undefined): number {
    const { now, calls } = this.#parts;
    const { account, quotas } = asker;
    const untilDue = asker.ready.length > 0 ? 0 : (dueAt ?? Infinity) - now();
    const blockedMs = this.#blockedMs(asker);
    // What is due there goes to the others that answer for its carrier.
    if (blockedMs > contendedMs && account.carriers.some((carrier) => this.#healthyFor(account.tenant, carrier).length > 0))
      return Math.max(0, untilDue);
    return Math.max(0, untilDue, blockedMs, calls.quotaWaitMs(account.credential, quotas, 1));
  }

  /** How long an account is not asked, whatever is due. */
  #blockedMs({ account, heldUntil }: Asker): number {
    const { now, resilience } = this.#parts;
    return Math.max(0, heldUntil - now(), resilience.waitMs(account.source, account.credential));
  }

  #run(ready: ReadyAccount): void {
    const asker = this.#askers.get(ready.account)!;
    let asked = 0;
    const work = this.#work(asker)
      .then((numbers) => void (asked = numbers))
      .catch((error: unknown) => {
        this.#parts.failed(error, "a poll failed; its parcels are due again when their lease is over");
        // Keys or database are away: not again at once.
        asker.heldUntil = Math.max(asker.heldUntil, this.#parts.now() + ingressAwayMs);
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
    const batch = await this.#nextBatch(asker);
    if (batch.length === 0) return 0;
    const { account, client, quotas, entry } = asker;
    const outcome = await this.#parts.calls.ask(account, client, quotas, entry.lawfulBasis, batch);
    await this.#settle(asker, batch, outcome);
    return outcome.kind === "no-quota" ? 0 : batch.length;
  }

  async #nextBatch(asker: Asker): Promise<readonly ReadyPoll[]> {
    const tooOld = this.#parts.now() - readyMs;
    if (asker.ready.some(({ claimedAt }) => claimedAt < tooOld)) asker.ready = asker.ready.filter(({ claimedAt }) => claimedAt >= tooOld);
    if (asker.ready.length === 0) await this.#claim(asker);
    const [first] = asker.ready;
    if (first === undefined) return [];
    if (this.#blockedMs(asker) > 0) {
      const nextAt = this.#parts.now() + this.#blockedMs(asker);
      const back = asker.ready
        .splice(0)
        .map(({ shipment, failures }) => ({ shipment, account: asker.account.id, nextAt, polledAt: null, failures }));
      await this.#parts.store.settle(back, []);
      return [];
    }
    // After each failure half as many go together, so that one that spoils an answer is alone in the end.
    const batchMax = Math.max(1, Math.min(asker.client.batchMax >> Math.min(first.failures, 16), this.#numbersMax(asker)));
    const alike = asker.ready.findIndex(({ failures }) => failures !== first.failures);
    return asker.ready.splice(0, alike < 0 ? batchMax : Math.min(batchMax, alike));
  }

  /** Numbers that one call may hold by the quotas' bursts. */
  #numbersMax({ quotas }: Asker): number {
    const bursts = quotas.filter(({ unit }) => unit === "numbers").map((quota) => paceOf(quota).burst);
    return Math.min(Infinity, ...bursts);
  }

  async #claim(asker: Asker): Promise<void> {
    const { store, now } = this.#parts;
    const claimed = await store.claim(asker.account.id, this.#claimSize(asker), leaseMs);
    // Another process has them.
    if (claimed.length === 0) asker.heldUntil = Math.max(asker.heldUntil, now() + contendedMs);
    const settled: PollSettlement[] = [];
    const dropped: string[] = [];
    for (const poll of claimed) {
      const decided = this.#decide(asker, poll);
      if (decided === null) dropped.push(poll.shipment);
      else if ("nextAt" in decided) settled.push(decided);
      else asker.ready.push(decided);
    }
    if (settled.length > 0 || dropped.length > 0) await store.settle(settled, dropped);
    asker.ready.sort((one, other) => one.failures - other.failures);
  }

  #claimSize({ account, client, quotas }: Asker): number {
    const now = this.#parts.now();
    const numbers = quotas.map(paceOf).map((pace) => {
      const calls = allowance(pace, this.#parts.calls.freeAt(account.credential, pace), now, aheadMs);
      return pace.unit === "calls" ? calls * client.batchMax : calls;
    });
    return Math.max(client.batchMax, Math.min(claimMax, ...numbers));
  }

  /** @returns a poll to make, what to settle instead, or null for one that is over. */
  #decide(asker: Asker, poll: ClaimedPoll): ReadyPoll | PollSettlement | null {
    const { now, random } = this.#parts;
    const { account } = asker;
    const { shipment, carrier, failures } = poll;
    if (poll.state === null || poll.createdAt === null || poll.updatedAt === null) return null;
    const elsewhere = (to: string | null): PollSettlement => ({ shipment, account: to, nextAt: now(), polledAt: null, failures });
    if (carrier === null || !account.carriers.includes(carrier)) return elsewhere(null);
    const state = unpackShipment(withoutPersons(poll.state));
    const number = state.mainNumber?.token ?? state.numbers[0];
    if (number === undefined) return null;
    const decision = decidePoll(
      {
        status: state.status,
        createdAt: poll.createdAt.getTime(),
        changedAt: poll.updatedAt.getTime(),
        polledAt: poll.polledAt?.getTime() ?? null,
        isPushed: account.isPushed,
      },
      asker.cadenceMs,
      now(),
      random(),
    );
    if (decision.kind === "stop") return null;
    if (decision.kind === "wait") return { shipment, account: account.id, nextAt: decision.until, polledAt: null, failures };
    const first = failures < fallbackAfter ? this.#healthyFor(account.tenant, carrier)[0] : asker;
    if (first !== undefined && first.account.id !== account.id) return elsewhere(first.account.id);
    return { shipment, number, carrier, failures, claimedAt: now() };
  }

  /** Accounts that answer for a tenant's carrier and can be asked, in the tenant's order. */
  #healthyFor(tenant: string, carrier: string): readonly Asker[] {
    return [...this.#askers.values()].filter(
      (asker) => asker.account.tenant === tenant && asker.account.carriers.includes(carrier) && this.#blockedMs(asker) === 0,
    );
  }

  async #settle(asker: Asker, batch: readonly ReadyPoll[], outcome: CallOutcome): Promise<void> {
    const { now, random, store, resilience } = this.#parts;
    const { account } = asker;
    const again = (nextAt: (poll: ReadyPoll) => number, change: Partial<PollSettlement> = {}): Promise<void> =>
      store.settle(
        batch.map((poll) => ({
          shipment: poll.shipment,
          account: account.id,
          polledAt: null,
          failures: poll.failures,
          nextAt: nextAt(poll),
          ...change,
        })),
        [],
      );
    switch (outcome.kind) {
      case "answered": {
        const gone = new Set(outcome.unresolved);
        const nextAt = (): number => now() + Math.round(settleMs * (1 + random() / 2));
        await store.settle(
          batch
            .filter(({ shipment }) => !gone.has(shipment))
            .map(({ shipment }) => ({ shipment, account: account.id, polledAt: now(), failures: 0, nextAt: nextAt() })),
          outcome.unresolved,
        );
        return;
      }
      case "no-quota":
        return again(now);
      case "not-taken-in":
        return again(() => now() + ingressAwayMs);
      case "rate-limited":
        await this.#hold(asker, outcome.retryAfterMs ?? rateLimitedMs, "rate-limited");
        return again(() => asker.heldUntil);
      case "unauthorised":
        await this.#hold(asker, refusedCredentialMs, "credential-refused");
        await store.noteLetters(account.id, [], "credential-refused");
        return this.#elsewhere(asker, batch);
      case "refused":
        if (outcome.code === "leak") {
          await again(now);
          await store.noteLetters(
            account.id,
            batch.map(({ shipment }) => shipment),
            "refused-by-guard",
          );
          return;
        }
        await this.#hold(asker, refusedCallMs, outcome.code);
        await store.noteLetters(account.id, [], outcome.code);
        return this.#elsewhere(asker, batch);
      case "failed": {
        if (outcome.code === "open") return again(() => now() + Math.max(1_000, resilience.waitMs(account.source, account.credential)));
        const wait = outcome.retryAfterMs ?? 0;
        const failed = batch.map((poll) => ({ ...poll, failures: poll.failures + 1 }));
        await this.#elsewhere(asker, failed, (poll) => Math.max(now() + wait, retryAt(poll.failures, now(), random())));
        const spoilt = outcome.code === "malformed" && batch.length === 1 ? failed.filter(({ failures }) => failures >= unreadableMax) : [];
        if (spoilt.length > 0)
          await store.noteLetters(
            account.id,
            spoilt.map(({ shipment }) => shipment),
            "answer-unreadable",
          );
        return;
      }
    }
  }

  /** Gives shipments to the next account that answers for their carrier, where this one has failed often enough or is held; else they stay. */
  #elsewhere(asker: Asker, polls: readonly ReadyPoll[], nextAt: (poll: ReadyPoll) => number = () => this.#parts.now()): Promise<void> {
    const isHeld = asker.heldUntil > this.#parts.now();
    return this.#parts.store.settle(
      polls.map((poll) => {
        const other = this.#healthyFor(asker.account.tenant, poll.carrier).find(({ account }) => account.id !== asker.account.id);
        const moves = other !== undefined && (isHeld || poll.failures >= fallbackAfter);
        const to = moves ? other.account.id : asker.account.id;
        return {
          shipment: poll.shipment,
          account: to,
          polledAt: null,
          failures: poll.failures,
          nextAt: moves ? this.#parts.now() : nextAt(poll),
        };
      }),
      [],
    );
  }

  async #hold(asker: Asker, forMs: number, reason: string): Promise<void> {
    asker.heldUntil = Math.max(asker.heldUntil, this.#parts.now() + forMs);
    // What waits in memory is left to its lease.
    asker.ready = [];
    await this.#parts.store.holdAccount(asker.account.id, asker.heldUntil, reason);
  }

  async #enrol(): Promise<void> {
    const enrolled = await this.#parts.store.enrol(enrolMax);
    const assigned = await this.#parts.store.assign(enrolMax);
    this.#enrolAt = enrolled >= enrolMax || assigned >= enrolMax ? this.#parts.now() : this.#parts.now() + enrolEveryMs;
  }

  async #readAccounts(): Promise<void> {
    const { store, calls, resilience, now } = this.#parts;
    const isFirst = this.#accountsAt === -Infinity;
    this.#accountsAt = now();
    const accounts = await store.accounts();
    const kept = new Set<string>();
    for (const account of accounts) {
      const means = await this.#meansOf(account);
      if (means === null) continue;
      kept.add(account.id);
      const before = this.#askers.get(account.id);
      // Calls that are under way go on with it.
      const asker = before === undefined ? { ...means, ready: [] } : Object.assign(before, means);
      this.#askers.delete(account.id);
      this.#askers.set(account.id, asker);
    }
    for (const id of this.#askers.keys()) if (!kept.has(id)) this.#askers.delete(id);
    const credentials = new Set(accounts.map(({ credential }) => credential));
    resilience.keep(credentials);
    await calls.learnQuotas([...credentials]);
    if (isFirst) this.#enrolAt = -Infinity;
  }

  /** @returns null where the account cannot be asked: no connector, not in the register, or a release that is not automatic. */
  async #meansOf(account: OutboundAccount): Promise<Omit<Asker, "ready"> | null> {
    const client = this.#parts.clients.get(account.source);
    const entry = client === undefined ? null : await this.#parts.entryOf(account.tenant, account.source);
    if (client === undefined || entry === null || entry.polling === undefined) return null;
    const carriers = account.carriers.filter((carrier) => mayBeTold(entry, carrier, this.#parts.now()));
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

/** Whether a source may be told the numbers of a carrier's parcels, without anybody's approval. */
export function mayBeTold(entry: RegisterEntry, carrier: string, now: number): boolean {
  const day = new Date(now).toISOString().slice(0, 10);
  const { lawfulBasis } = entry;
  const question = {
    recipient: entry,
    fields: ["trackingNumber"],
    purpose: "tracking",
    lawfulBasis,
    issuer: carrier,
    policy,
    day,
  } as const;
  return decideRelease(question).outcome === "automatic";
}

/** The claim leaves out what a poll does not need; the reader of packed shipments wants it there. */
function withoutPersons(state: string): string {
  return `${state.slice(0, -1)},"personal":[],"texts":[],"references":[],"parents":[]}`;
}

function readyAccount({ account }: Asker): ReadyAccount {
  return { account: account.id, tenant: account.tenant, source: account.source };
}
