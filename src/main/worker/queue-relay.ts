import { type JobQueue, QueueError } from "../../cloud/job-queue.ts";
import { jobMessage, type JobName } from "../../domain/job-name.ts";
import type { RelayStore } from "../../store/relay-store.ts";
import { laneCount } from "../../store/worker-store.ts";
import { backoffMs } from "../backoff.ts";
import { errorKind, type ProgramLog } from "../log.ts";

/** Jobs of a lane in one round; with 64 lanes, what a round holds in memory. */
const perLaneMax = 50;
/** Senders at once; each has lanes of its own, in whose order it sends. */
const senders = 8;
const idleMs = 250;
const standByMs = 5_000;
/** A job may be committed after one with a higher number; such ones are looked for so often, and for a twentieth of the time at most. */
const sweepEveryMs = 1_000;
const restPerSweep = 20;
/** A name that has brought nothing for so long is sent once more. SQS drops what comes within five minutes of the first. */
const overdueS = 10 * 60;
const overdueEveryMs = 60_000;
const countsEveryMs = 10_000;
const retries = { firstMs: 500, longestMs: 30_000 };

export interface QueueRelayParts {
  readonly queue: Pick<JobQueue, "send" | "counts">;
  readonly store: RelayStore;
  /** Whether this worker is the one that names jobs. */
  readonly leads: () => Promise<boolean>;
  readonly log: ProgramLog;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/**
 * Names the jobs of the inbox to the queue: the inbox is the outbox. A job is marked after it was sent, so one that was sent and not marked is sent once more,
 * which the queue or the worker's transaction makes nothing of. While the queue is away jobs wait in the inbox.
 */
export class QueueRelay {
  readonly #parts: QueueRelayParts;
  /** Jobs up to here were looked at, by lane. */
  #after = startOfLanes();
  #sweptAt = -Infinity;
  #sweepMs = 0;
  #overdueAt: number;
  #countedAt = -Infinity;
  #areCountsKnown = true;
  #failures = 0;
  /** What is rung for before asks neither the queue nor for the lead: traffic would do away with both rests. */
  #restsUntil = -Infinity;
  /** When a lane's overdue jobs were named again. */
  readonly #resent = new Map<number, number>();

  constructor(parts: QueueRelayParts) {
    this.#parts = parts;
    this.#overdueAt = parts.now();
  }

  /** One round, of `Rounds`. @returns milliseconds to rest for. */
  async round(): Promise<number> {
    const { leads, log, now } = this.#parts;
    const leftMs = this.#restsUntil - now();
    if (leftMs > 0) return leftMs;
    try {
      if (!(await leads())) return this.#rest(standByMs);
      const sent = await this.#sendNew();
      await this.#resendOverdue();
      await this.#noteCounts();
      if (this.#failures > 0) log.info({ failures: this.#failures }, "jobs are named to the queue again");
      this.#failures = 0;
      return sent > 0 ? 0 : idleMs;
    } catch (error) {
      if (this.#failures++ === 0 || (error instanceof QueueError && error.code !== "unavailable"))
        log.error(errorKind(error), "jobs are not named to the queue; they wait in the inbox");
      return this.#rest(backoffMs(this.#failures, retries));
    }
  }

  #rest(ms: number): number {
    this.#restsUntil = this.#parts.now() + ms;
    return ms;
  }

  /** @returns how many jobs were sent. @throws {QueueError} where the queue took none of what a sender has. */
  async #sendNew(): Promise<number> {
    const { store, now } = this.#parts;
    const began = now();
    const isSweep = began - this.#sweptAt > Math.max(sweepEveryMs, restPerSweep * this.#sweepMs);
    if (isSweep) this.#after = startOfLanes();
    const jobs = await store.unsent(this.#after, perLaneMax);
    if (isSweep) {
      this.#sweptAt = now();
      this.#sweepMs = this.#sweptAt - began;
    }
    const shares = Array.from({ length: senders }, (_, sender) => jobs.filter(({ lane }) => lane % senders === sender));
    const outcomes = await Promise.allSettled(shares.map((share) => this.#sendInOrder(share)));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return outcomes.reduce((sum, outcome) => sum + (outcome.status === "fulfilled" ? outcome.value : 0), 0);
  }

  async #sendInOrder(jobs: readonly JobName[]): Promise<number> {
    if (jobs.length === 0) return 0;
    const taken = await this.#parts.queue.send(jobs.map(jobMessage));
    const sent = jobs.filter((_, place) => taken[place]);
    await this.#parts.store.markSent(sent);
    // A lane whose job was not taken is looked at from that job on in the next round.
    const stuck = new Set(jobs.filter((_, place) => !taken[place]).map(({ lane }) => lane));
    for (const { lane, seq } of sent) if (!stuck.has(lane)) this.#after[lane] = seq;
    return sent.length;
  }

  /** One name for each lane, which stands for all its overdue jobs. Ten minutes of a backlog cost 64 messages that find nothing to do. */
  async #resendOverdue(): Promise<void> {
    const { store, queue, now, log } = this.#parts;
    if (now() - this.#overdueAt < overdueEveryMs) return;
    this.#overdueAt = now();
    const overdue = (await store.overdue(overdueS)).filter(({ lane }) => now() - (this.#resent.get(lane) ?? -Infinity) > overdueS * 1000);
    if (overdue.length === 0) return;
    await queue.send(overdue.map(jobMessage));
    for (const { lane } of overdue) this.#resent.set(lane, now());
    log.warn({ lanes: overdue.length }, "jobs wait for long after they were named to the queue; they are named once more");
  }

  /** Only for the gauges: where the queue does not tell, jobs are named all the same. */
  async #noteCounts(): Promise<void> {
    const { store, queue, now, log } = this.#parts;
    if (now() - this.#countedAt < countsEveryMs) return;
    this.#countedAt = now();
    try {
      await store.noteState(await queue.counts());
      this.#areCountsKnown = true;
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
      if (this.#areCountsKnown)
        log.warn(errorKind(error), "the queue does not say how many messages it has; gauges show the last that is known");
      this.#areCountsKnown = false;
    }
  }
}

function startOfLanes(): string[] {
  return Array.from({ length: laneCount }, () => "0");
}
