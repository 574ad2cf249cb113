import { unpackShipment } from "../../domain/packed-shipment.ts";
import { decidePoll } from "../../outbound/polling/poll-decision.ts";
import { allowance, paceOf } from "../../outbound/polling/quota.ts";
import type { ClaimedPoll, OutboundStore, PollSettlement } from "../../store/outbound-store.ts";
import type { CarrierCalls } from "./carrier-calls.ts";
import type { Asker, Askers, ReadyPoll } from "./poll-askers.ts";
import { fallbackAfter } from "./poll-settlement.ts";

/** Shipments that are taken at once; what a call does not ask about waits in memory. */
const claimMax = 500;
/** A shipment that was taken and not settled is due again after this. */
export const leaseMs = 5 * 60_000;
/** What waited so long in memory is left to its lease. */
const readyMs = 2 * 60_000;
/** No more is taken than may be asked about within this time. */
const aheadMs = 60_000;
/** Another process has what is due. */
const contendedMs = 250;

export interface PollBatchParts {
  readonly store: Pick<OutboundStore, "claim" | "settle">;
  readonly calls: Pick<CarrierCalls, "freeAt">;
  readonly askers: Pick<Askers, "blockedMs" | "healthyFor">;
  /** Whether what changed of this credential's parcels comes by a feed. */
  readonly isFed: (credential: string) => boolean;
  readonly now: () => number;
  readonly random: () => number;
}

/** What an account asks about next: takes what is due, and decides of each what is to be done with it. */
export class PollBatches {
  readonly #parts: PollBatchParts;

  constructor(parts: PollBatchParts) {
    this.#parts = parts;
  }

  /** @returns none where nothing is due, or everything that was is settled already. */
  async next(asker: Asker): Promise<readonly ReadyPoll[]> {
    const { now, askers, store } = this.#parts;
    const tooOld = now() - readyMs;
    if (asker.ready.some(({ claimedAt }) => claimedAt < tooOld)) asker.ready = asker.ready.filter(({ claimedAt }) => claimedAt >= tooOld);
    if (asker.ready.length === 0) await this.#claim(asker);
    const [first] = asker.ready;
    if (first === undefined) return [];
    const blockedMs = askers.blockedMs(asker);
    if (blockedMs > 0) {
      const nextAt = now() + blockedMs;
      const back = asker.ready
        .splice(0)
        .map(({ shipment, failures }) => ({ shipment, account: asker.account.id, nextAt, polledAt: null, failures }));
      await store.settle(back, []);
      return [];
    }
    // After each failure half as many go together, so that one that spoils an answer is alone in the end.
    const batchMax = Math.max(1, Math.min(asker.client.batchMax >> Math.min(first.failures, 16), numbersMax(asker)));
    const alike = asker.ready.findIndex(({ failures }) => failures !== first.failures);
    return asker.ready.splice(0, alike < 0 ? batchMax : Math.min(batchMax, alike));
  }

  async #claim(asker: Asker): Promise<void> {
    const { store, now } = this.#parts;
    const claimed = await store.claim(asker.account.id, this.#claimSize(asker), leaseMs);
    if (claimed.length === 0 && asker.ready.length === 0) asker.restsUntil = Math.max(asker.restsUntil, now() + contendedMs);
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
    const { now, random, askers } = this.#parts;
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
        isPushed: account.isPushed || this.#parts.isFed(account.credential),
      },
      asker.cadenceMs,
      now(),
      random(),
    );
    if (decision.kind === "stop") return null;
    if (decision.kind === "wait") return { shipment, account: account.id, nextAt: decision.until, polledAt: null, failures };
    // What came here since others failed stays until it is answered.
    const first = failures < fallbackAfter ? askers.healthyFor(account.tenant, carrier)[0] : asker;
    if (first !== undefined && first.account.id !== account.id) return elsewhere(first.account.id);
    return { shipment, number, carrier, failures, claimedAt: now() };
  }
}

/** Numbers that one call may hold by the quotas' bursts. */
function numbersMax({ quotas }: Asker): number {
  const bursts = quotas.filter(({ unit }) => unit === "numbers").map((quota) => paceOf(quota).burst);
  return Math.min(Infinity, ...bursts);
}

/** The claim leaves out what a poll does not need; the reader of packed shipments wants it there. */
function withoutPersons(state: string): string {
  return `${state.slice(0, -1)},"personal":[],"texts":[],"references":[],"parents":[]}`;
}
