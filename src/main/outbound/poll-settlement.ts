import { retryAt, settleMs } from "../../outbound/polling/poll-decision.ts";
import type { PollSettlement } from "../../store/outbound-store.ts";
import type { CallOutcome } from "./carrier-calls.ts";
import type { ReadyPoll } from "./poll-askers.ts";

/** Failures in a row after which the next account that answers for the carrier is asked. */
export const fallbackAfter = 3;
/** Answers in a row that cannot be read and make a dead letter. */
const unreadableMax = 5;
const refusedCredentialMs = 24 * 60 * 60_000;
const refusedCallMs = 60 * 60_000;
/** Where the carrier does not say how long. */
const rateLimitedMs = 5 * 60_000;
/** No carrier is left alone for longer because of one answer: a quota of a day is the longest that carriers have. */
const longestWaitMs = 24 * 60 * 60_000;
/** What is away on our side is looked for again after this. */
export const ingressAwayMs = 30_000;

/** What follows from a call, in this order: the hold, the settlement, the letter. */
export interface PollsSettled {
  /** The account is not asked for so long. */
  readonly hold: { readonly forMs: number; readonly reason: string } | null;
  readonly settled: readonly PollSettlement[];
  /** Shipments that are not asked about any more. */
  readonly dropped: readonly string[];
  /** A dead letter; without shipments it is of the whole account. */
  readonly letter: { readonly shipments: readonly string[]; readonly code: string } | null;
}

export interface SettlementFacts {
  readonly account: string;
  readonly now: number;
  readonly random: () => number;
  /** How long the account's breakers let nothing through. */
  readonly breakerMs: number;
  /** The account to turn to after this one for a carrier; null where there is no other that can be asked. */
  readonly nextFor: (carrier: string) => string | null;
}

/** What becomes of a batch by what came of its call. Pure. */
export function settlementOf(batch: readonly ReadyPoll[], outcome: CallOutcome, facts: SettlementFacts): PollsSettled {
  const { account, now, random, breakerMs } = facts;
  const at = (nextAt: number): readonly PollSettlement[] =>
    batch.map(({ shipment, failures }) => ({ shipment, account, nextAt, polledAt: null, failures }));
  const nothing: PollsSettled = { hold: null, settled: [], dropped: [], letter: null };
  switch (outcome.kind) {
    case "answered": {
      const gone = new Set(outcome.unresolved);
      const settled = batch
        .filter(({ shipment }) => !gone.has(shipment))
        .map(({ shipment }) => {
          const nextAt = now + Math.round(settleMs * (1 + random() / 2));
          return { shipment, account, nextAt, polledAt: now, failures: 0 };
        });
      return { ...nothing, settled, dropped: outcome.unresolved };
    }
    case "no-quota":
      return { ...nothing, settled: at(now) };
    case "not-taken-in":
      return { ...nothing, settled: at(now + ingressAwayMs) };
    case "rate-limited": {
      const forMs = Math.min(longestWaitMs, outcome.retryAfterMs ?? rateLimitedMs);
      return { ...nothing, hold: { forMs, reason: "rate-limited" }, settled: at(now + forMs) };
    }
    case "unauthorised":
      return heldWithLetter(batch, refusedCredentialMs, "credential-refused", facts);
    case "refused": {
      if (outcome.code !== "leak") return heldWithLetter(batch, refusedCallMs, outcome.code, facts);
      const shipments = batch.map(({ shipment }) => shipment);
      return { ...nothing, settled: at(now), letter: { shipments, code: "refused-by-guard" } };
    }
    case "failed": {
      if (outcome.code === "open") return { ...nothing, settled: at(now + Math.max(1_000, breakerMs)) };
      const failed = batch.map((poll) => ({ ...poll, failures: poll.failures + 1 }));
      const waitMs = Math.min(longestWaitMs, outcome.retryAfterMs ?? 0);
      const settled = failed.map((poll) => afterFailure(poll, Math.max(now + waitMs, retryAt(poll.failures, now, random())), facts));
      const isSpoilt = outcome.code === "malformed" && failed.length === 1 && failed[0]!.failures >= unreadableMax;
      return { ...nothing, settled, letter: isSpoilt ? { shipments: [failed[0]!.shipment], code: "answer-unreadable" } : null };
    }
  }
}

/** Whether a call says something of the whole account: then it is so too of what was taken and not asked about yet. */
export function concernsAccount(outcome: CallOutcome): boolean {
  return outcome.kind === "rate-limited" || outcome.kind === "unauthorised" || (outcome.kind === "refused" && outcome.code !== "leak");
}

/** The account does not mend itself: others are asked at once, and a person is told. */
function heldWithLetter(batch: readonly ReadyPoll[], forMs: number, reason: string, facts: SettlementFacts): PollsSettled {
  const settled = batch.map(({ shipment, carrier, failures }) => {
    const account = facts.nextFor(carrier) ?? facts.account;
    return { shipment, account, nextAt: facts.now, polledAt: null, failures };
  });
  return { hold: { forMs, reason }, settled, dropped: [], letter: { shipments: [], code: reason } };
}

/**
 * Every third failure in a row passes a shipment on to the next account. The first pass is at once, since another source may know; after that the pause goes on
 * growing, or two sources in trouble would be asked in turn without one.
 */
function afterFailure(
  { shipment, carrier, failures }: ReadyPoll,
  retriedAt: number,
  { account, now, nextFor }: SettlementFacts,
): PollSettlement {
  const next = failures % fallbackAfter === 0 ? nextFor(carrier) : null;
  const nextAt = next !== null && failures === fallbackAfter ? now : retriedAt;
  return { shipment, account: next ?? account, nextAt, polledAt: null, failures };
}
