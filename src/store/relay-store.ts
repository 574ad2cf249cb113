import pg from "pg";
import type { JobName } from "../domain/job-name.ts";
import { laneCount } from "./worker-store.ts";

/** Any fixed number beside the other locks that have two (77 to 84 and 91): whoever holds it names jobs to the queue. */
const relayKey = 90;
/** A connection whose other end is gone without a word is closed by the database after all of them, 35 seconds, and another worker may take over. */
const keepAlive = { idleS: 20, everyS: 5, probes: 3 };

/** What the worker may do to name jobs of the inbox to a queue. */
export function relayStore(pool: pg.Pool) {
  return {
    /** Jobs that were not named yet, of each lane the oldest. @param after numbers by lane; jobs up to them are left out. */
    unsent: async (after: readonly string[], perLane: number): Promise<readonly JobName[]> =>
      (
        await pool.query<JobName>("select lane, seq from parcelkeep.jobs_to_send($1, $2, $3)", [
          Array.from({ length: laneCount }, (_, lane) => lane),
          after,
          perLane,
        ])
      ).rows,
    markSent: async (jobs: readonly JobName[]): Promise<void> => {
      if (jobs.length === 0) return;
      await pool.query("select parcelkeep.mark_jobs_sent($1, $2)", [jobs.map(({ lane }) => lane), jobs.map(({ seq }) => seq)]);
    },
    /** Of each lane whose oldest job was named longer ago: the newest such job. */
    overdue: async (ageS: number): Promise<readonly JobName[]> =>
      (await pool.query<JobName>("select lane, seq from parcelkeep.jobs_overdue($1)", [ageS])).rows,
    noteState: async ({ waiting, inFlight, dead }: QueueCounts): Promise<void> => {
      await pool.query("select parcelkeep.note_queue_state($1, $2, $3)", [waiting, inFlight, dead]);
    },
  };
}
export type RelayStore = ReturnType<typeof relayStore>;

export interface QueueCounts {
  readonly waiting: number;
  readonly inFlight: number;
  readonly dead: number;
}

/**
 * The right to name jobs: a lock of its connection's session, so that it ends with the worker however that ends. Two may have it at once for a while, where the
 * database has given up a connection that its worker has not: what is named twice the queue drops or a turn finds done, so that is work and no harm.
 */
export class RelayLead {
  readonly #options: pg.ClientConfig;
  #client: pg.Client | null = null;

  constructor(options: pg.ClientConfig) {
    this.#options = { ...options, keepAlive: true };
  }

  /** @returns whether it is held, as far as the connection tells; asked for anew where it is not. @throws what the database's client throws. */
  async hold(): Promise<boolean> {
    if (this.#client !== null) return true;
    const client = new pg.Client(this.#options);
    client.on("error", () => this.#lose(client));
    client.on("end", () => this.#lose(client));
    try {
      await client.connect();
      // Without effect, and without harm, on a socket of this machine.
      const { idleS, everyS, probes } = keepAlive;
      await client.query(
        `set tcp_keepalives_idle = ${idleS}; set tcp_keepalives_interval = ${everyS}; set tcp_keepalives_count = ${probes}`,
      );
      const { rows } = await client.query<{ held: boolean }>("select pg_try_advisory_lock($1, 0) as held", [relayKey]);
      if (rows[0]!.held) {
        this.#client = client;
        return true;
      }
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    await client.end().catch(() => {});
    return false;
  }

  async release(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => {});
  }

  #lose(client: pg.Client): void {
    if (this.#client === client) this.#client = null;
  }
}
