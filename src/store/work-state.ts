import type pg from "pg";
import type { QueueCounts } from "./relay-store.ts";

/** Who works at the inbox, and what waits on the ways beside it. */
export interface WorkState {
  readonly workers: number;
  /** Lanes that are worked at now, of 64. */
  readonly lanes: number;
  /** Null where no queue was named jobs in the last hours. */
  readonly queue: QueueState | null;
  readonly bus: { readonly waiting: number; readonly oldestS: number; readonly refused: number };
}

export interface QueueState {
  /** As the queue said of itself; null where it has not for a while. */
  readonly counts: QueueCounts | null;
  /** Jobs that were not named to the queue, and how long the oldest of them has waited since it was received. */
  readonly unsentJobs: number;
  readonly unsentOldestS: number;
}

/** A worker notes what the queue says every ten seconds. */
const freshS = 60;
/** The queue that was used before the workers were switched to the inbox is no queue any more. */
const inUseS = 12 * 60 * 60;

/** As the API, which may read the inbox's numbers. */
export async function workState(pool: pg.Pool): Promise<WorkState> {
  const { rows } = await pool.query<{ workers: number; lanes: number; waiting: string; oldest: number; refused: string }>(
    `select work.workers, work.lanes, bus.waiting, bus.oldest_s as oldest, bus.refused
     from parcelkeep.workers_now() as work, parcelkeep.event_bus_backlog() as bus`,
  );
  const { workers, lanes, waiting, oldest, refused } = rows[0]!;
  const bus = { waiting: Number(waiting), oldestS: Math.max(0, oldest), refused: Number(refused) };
  return { workers, lanes, queue: await queueState(pool), bus };
}

async function queueState(pool: pg.Pool): Promise<QueueState | null> {
  const { rows } = await pool.query<{ waiting: string; flying: string; dead: string; age: string }>(
    "select waiting, in_flight as flying, dead, extract(epoch from now() - noted_at) as age from parcelkeep.queue_state",
  );
  const noted = rows[0];
  if (noted === undefined || Number(noted.age) > inUseS) return null;
  const unsent = await pool.query<{ jobs: string; oldest: string | null }>(
    "select count(*) as jobs, extract(epoch from now() - min(received_at)) as oldest from parcelkeep.inbox where sent_at is null",
  );
  const { jobs, oldest } = unsent.rows[0]!;
  const isFresh = Number(noted.age) <= freshS;
  return {
    counts: isFresh ? { waiting: Number(noted.waiting), inFlight: Number(noted.flying), dead: Number(noted.dead) } : null,
    unsentJobs: Number(jobs),
    unsentOldestS: Math.max(0, Number(oldest ?? 0)),
  };
}
