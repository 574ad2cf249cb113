import pg from "pg";
import type { HeldMessage, JobReceiver, ReceiveBounds } from "../../src/cloud/job-queue.ts";
import { jobMessage, type JobName } from "../../src/domain/job-name.ts";
import { type ClaimedJob, finishTurn, withoutEffect } from "../../src/store/worker-store.ts";

/** How long a receiver looks between two looks at an empty inbox. */
const lookEveryMs = 50;
const lanesAtOnce = 64;

/** What is received together is one transaction: its locks hold the lanes, and its end gives back what was not settled. */
interface Delivery {
  readonly client: pg.Client;
  readonly jobs: ReadonlyMap<string, ClaimedJob>;
  /** What is said of jobs so far. */
  readonly said: Map<string, "done" | "released">;
}

/**
 * The inbox as a queue (`job-queue.ts`), out of the same calls as a worker's turn, so that the queue's contract holds them to account: `claim_jobs` receives, and `finish_turn` with the
 * commit settles. The turn (`takeTurn`) is this with the effects of the jobs in the same commit, hence exactly once; here jobs are only removed. What is received together is settled
 * together, when something has been said of each.
 *
 * The visibility time is the longest idle time of the transaction, which the database itself ends.
 */
export class InboxQueue implements JobReceiver {
  readonly #options: pg.ClientConfig;
  readonly #visibilityMs: number;
  readonly #deliveries = new Map<string, Delivery>();
  #serial = 0;

  constructor(options: pg.ClientConfig, visibilityMs: number) {
    this.#options = options;
    this.#visibilityMs = visibilityMs;
  }

  async receive({ max, waitMs, signal }: ReceiveBounds): Promise<readonly HeldMessage[]> {
    const until = performance.now() + waitMs;
    for (;;) {
      const held = await this.#claim(max);
      if (held.length > 0 || signal?.aborted === true || performance.now() >= until) return held;
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  async extend(held: readonly HeldMessage[]): Promise<readonly boolean[]> {
    const alive = new Map<Delivery, boolean>();
    for (const each of held) {
      const delivery = this.#deliveryOf(each);
      if (delivery === null || alive.has(delivery)) continue;
      // Any statement begins the idle time anew.
      const isAlive = await delivery.client.query("select 1").then(
        () => true,
        () => false,
      );
      alive.set(delivery, isAlive);
    }
    return held.map((each) => alive.get(this.#deliveryOf(each)!) ?? false);
  }

  settle(held: readonly HeldMessage[]): Promise<readonly boolean[]> {
    return this.#say(held, "done");
  }

  async release(held: readonly HeldMessage[]): Promise<void> {
    await this.#say(held, "released");
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#deliveries.keys(), (id) => this.#end(id)));
  }

  async #claim(max: number): Promise<readonly HeldMessage[]> {
    const client = new pg.Client(this.#options);
    const serial = String(this.#serial++);
    client.on("error", () => this.#deliveries.delete(serial));
    await client.connect();
    await client.query(`begin; set local idle_in_transaction_session_timeout = ${Math.ceil(this.#visibilityMs)}`);
    const { rows } = await client.query<ClaimedJob & JobName>(
      "select place, record, tenant, message, lane, seq from parcelkeep.claim_jobs(0, $1, $2)",
      [Math.min(lanesAtOnce, max), max],
    );
    // Each lane gives as many, rounded up; what is over stays where it is when the transaction ends.
    const taken = rows.slice(0, max);
    const held = taken.map((job) => ({ ...jobMessage(job), receipt: `${serial}/${job.place}`, receives: 1 }));
    if (taken.length === 0) await client.end();
    else this.#deliveries.set(serial, { client, jobs: new Map(taken.map((job, at) => [held[at]!.receipt, job])), said: new Map() });
    return held;
  }

  async #say(held: readonly HeldMessage[], what: "done" | "released"): Promise<readonly boolean[]> {
    const deliveries = held.map((each) => this.#deliveryOf(each));
    for (const [at, delivery] of deliveries.entries()) delivery?.said.set(held[at]!.receipt, what);
    const ended = new Map<Delivery, boolean>();
    for (const delivery of new Set(deliveries)) if (delivery !== null) ended.set(delivery, await this.#commitWhenAllIsSaid(delivery));
    return deliveries.map((delivery) => delivery !== null && ended.get(delivery)!);
  }

  async #commitWhenAllIsSaid({ client, jobs, said }: Delivery): Promise<boolean> {
    if (said.size < jobs.size) return false;
    const claimed = [...jobs].flatMap(([receipt, job]) => (said.get(receipt) === "released" ? [] : [job]));
    const serial = [...jobs.keys()][0]!.split("/")[0]!;
    try {
      if (claimed.length > 0) await finishTurn(client, claimed, withoutEffect(claimed), new Map());
      await client.query("commit");
      return true;
    } catch {
      // The database has ended the transaction: everything of it is there again.
      return false;
    } finally {
      await this.#end(serial);
    }
  }

  #deliveryOf({ receipt }: HeldMessage): Delivery | null {
    return this.#deliveries.get(receipt.split("/")[0]!) ?? null;
  }

  async #end(serial: string): Promise<void> {
    const delivery = this.#deliveries.get(serial);
    this.#deliveries.delete(serial);
    await delivery?.client.end().catch(() => {});
  }
}
