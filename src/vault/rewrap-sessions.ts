import { timingSafeEqual } from "node:crypto";
import { type SessionPurpose, sessionPurposes } from "./ingest-session.ts";
import { KeyError, type KeyContext, type OpeningKeys, type SealingKeys } from "./keys/provider.ts";

/*
 * Moving data keys to another epoch, while ingest goes on:
 *
 *   older epoch ──(unwrap, wrap, unwrap again and compare)──► new wraps in memory ──(one transaction with the register)──► new epoch
 *
 * A session's row is in the older epoch or in the new one, never between. Whoever is killed leaves rows of either sort, and the next run takes up
 * those of the older. Two at once do the same work twice: the second finds the row in the new epoch and leaves it and the register alone.
 */
export interface WrappedSession {
  readonly session: number;
  readonly tenant: string;
  readonly epoch: number;
  readonly wrapped: Readonly<Record<SessionPurpose, Uint8Array>>;
}

export interface WrapTable {
  /** Sessions of epochs before this one, by their ids, after this id. */
  wrapsToMove(epoch: number, afterSession: number, limit: number): Promise<readonly WrappedSession[]>;
  /** Durable when it returns. @returns how many were still of the epoch that they name. */
  moveWraps(moved: readonly WrappedSession[]): Promise<number>;
}

export interface RewrapProgress {
  /** Data keys that now have wraps of the new epoch, through this run. */
  readonly keys: number;
  /** Sessions whose wraps did not open, by the code of why. They keep the wraps that they have. */
  readonly refused: Readonly<Record<string, number>>;
}

const batchSessions = 100;
/** A key service answers over a network: so many sessions are under way at once. */
const sessionsAtOnce = 8;

/**
 * Gives every session of an earlier epoch wraps of this one. A session that does not open is counted and passed over; trouble that is not its own
 * ends the run, which may be repeated.
 * @param pace waits as long as these keys may take (a limit of the rate).
 * @throws {KeyError} `unavailable`, `not-permitted`, `refused-credentials`, `unknown-epoch`.
 */
export async function rewrapSessions(
  table: WrapTable,
  opening: Pick<OpeningKeys, "unwrap">,
  sealing: Pick<SealingKeys, "wrap">,
  epoch: number,
  pace: (keys: number) => Promise<void>,
  report: (progress: RewrapProgress) => void,
): Promise<RewrapProgress> {
  let keys = 0;
  let after = 0;
  const refused: Record<string, number> = {};
  for (;;) {
    const batch = await table.wrapsToMove(epoch, after, batchSessions);
    if (batch.length === 0) return { keys, refused };
    const moved: WrappedSession[] = [];
    for (let at = 0; at < batch.length; at += sessionsAtOnce) {
      const some = batch.slice(at, at + sessionsAtOnce);
      for (const result of await Promise.all(some.map((each) => rewrapped(opening, sealing, each, epoch)))) {
        if (typeof result === "string") refused[result] = (refused[result] ?? 0) + 1;
        else moved.push(result);
      }
    }
    if (moved.length > 0) keys += (await table.moveWraps(moved)) * sessionPurposes.length;
    after = batch.at(-1)!.session;
    report({ keys, refused });
    await pace(batch.length * sessionPurposes.length);
  }
}

/** @returns the session with new wraps, or why its own do not open. */
async function rewrapped(
  opening: Pick<OpeningKeys, "unwrap">,
  sealing: Pick<SealingKeys, "wrap">,
  session: WrappedSession,
  epoch: number,
): Promise<WrappedSession | KeyError["code"]> {
  try {
    const wrapped: Partial<Record<SessionPurpose, Uint8Array>> = {};
    for (const purpose of sessionPurposes) {
      const context = { tenant: session.tenant, purpose, epoch: session.epoch };
      wrapped[purpose] = await checkedRewrap(opening, sealing, session.wrapped[purpose], context, epoch);
    }
    return { ...session, wrapped: wrapped as WrappedSession["wrapped"] };
  } catch (error) {
    if (error instanceof KeyError && (error.code === "refused-wrap" || error.code === "retired-epoch")) return error.code;
    throw error;
  }
}

/** The old wrap is about to be overwritten, so the new one is opened once before. */
async function checkedRewrap(
  opening: Pick<OpeningKeys, "unwrap">,
  sealing: Pick<SealingKeys, "wrap">,
  wrapped: Uint8Array,
  from: KeyContext,
  epoch: number,
): Promise<Buffer> {
  const dataKey = await opening.unwrap(wrapped, from);
  let again: Buffer | null = null;
  try {
    const to = { ...from, epoch };
    const fresh = await sealing.wrap(dataKey, to);
    again = await opening.unwrap(fresh, to);
    if (!timingSafeEqual(dataKey, again)) throw new KeyError("refused-wrap", "the new wrap opens to another key");
    return fresh;
  } finally {
    dataKey.fill(0);
    again?.fill(0);
  }
}
