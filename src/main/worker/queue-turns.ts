import { setTimeout as wait } from "node:timers/promises";
import type { HeldMessage, JobReceiver } from "../../cloud/job-queue.ts";
import { type JobName, jobNameOf } from "../../domain/job-name.ts";
import { type MakePlan, type NamedTurn, TurnError } from "../../store/worker-store.ts";
import { backoffMs } from "../backoff.ts";
import { errorKind, type ProgramLog } from "../log.ts";
import { toDeadLetters } from "./turn-shares.ts";

/** Messages that one receiver has in its hands at most; what they name is read from the inbox, turn by turn. */
const heldMax = 50;
const waitMs = 10_000;
/** Jobs of a turn while all goes well, over all its lanes. */
const fullTurnJobs = 500;
const retries = { firstMs: 500, longestMs: 30_000 };
/** Meetings with other workers at the same shipments that are nobody's concern: one of the two has gone on. */
const meetingsMax = 10;
/** After so many receives a job is taken alone: the worker that had it before may have ended by it. */
const suspectReceives = 2;

export interface QueueTurnsParts {
  readonly queue: JobReceiver;
  /** Receives of a message; with the last of them its job is given up. */
  readonly receivesMax: number;
  readonly visibilityMs: number;
  /** `takeNamedTurn` on the worker's database. */
  readonly take: (named: readonly JobName[], jobsMax: number, plan: MakePlan) => Promise<NamedTurn>;
  readonly plan: MakePlan;
  readonly done: (turn: NamedTurn) => void;
  readonly log: ProgramLog;
  /** Resolves after so many milliseconds, or when it is to stop. */
  readonly pause?: (ms: number, stop: AbortSignal) => Promise<void>;
}

/**
 * Works at what a queue names. A message says: this lane has jobs up to this one. They are taken from the inbox in their order, applied and removed in one
 * transaction, and only then the message is settled. So a message that comes twice or late finds nothing to do, one that is lost is made good by the next of its
 * lane, and a worker that is killed at any point leaves either the job and its message, or a message without a job.
 *
 * A job that the database refuses goes to the dead letters as soon as it is alone to blame. One that ends the worker itself is received again: from the second
 * time on jobs of its lane are taken one by one, and with the last receive before the queue would bury the message, the job goes to the dead letters untried.
 * One that the database does not even take among the dead letters stays where it is: its message comes again when its visibility ends, until the queue buries it.
 */
export class QueueTurns {
  readonly #parts: QueueTurnsParts;
  readonly #stop: AbortSignal;

  /** @param stop ends waiting; a turn under way ends by itself. */
  constructor(parts: QueueTurnsParts, stop: AbortSignal) {
    this.#parts = parts;
    this.#stop = stop;
  }

  /** Receives once and works off what came. Resolves when what is done is settled; the rest is given back where it is to stop. @throws {QueueError} */
  async round(): Promise<void> {
    const { queue } = this.#parts;
    const held = await queue.receive({ max: heldMax, waitMs, signal: this.#stop });
    if (held.length === 0) return;
    const heart = this.#hold(held);
    try {
      const settled = await this.#workOff(held);
      const isSettled = new Set(settled);
      await queue.settle(settled);
      const left = held.filter((each) => !isSettled.has(each));
      // What is stuck would come back at once; its visibility is its rest.
      if (left.length > 0 && this.#stop.aborted) await queue.release(left);
    } finally {
      clearInterval(heart);
    }
  }

  /** @returns the messages whose lanes have no job left up to the one that they name. */
  async #workOff(held: readonly HeldMessage[]): Promise<readonly HeldMessage[]> {
    const lanes = lanesOf(held);
    const isWhole = new Map<number, boolean>();
    const usual = lanes.filter(({ receives }) => receives < suspectReceives);
    for (const { lane, whole } of await this.#drain(usual, Math.ceil(fullTurnJobs / Math.max(1, usual.length)))) isWhole.set(lane, whole);
    for (const suspect of lanes.filter(({ receives }) => receives >= suspectReceives)) {
      if (suspect.receives >= this.#parts.receivesMax) await this.#giveUp(suspect.first);
      for (const { lane, whole } of await this.#drain([suspect], 1)) isWhole.set(lane, whole);
    }
    return held.filter((each) => isWhole.get(jobNameOf(each)?.lane ?? -1) === true);
  }

  /** Takes turns at lanes until nothing is left of what they name, what is left is stuck, or it is to stop. */
  async #drain(named: readonly JobName[], perLane: number): Promise<readonly { readonly lane: number; readonly whole: boolean }[]> {
    let left = named;
    let jobsMax = perLane;
    while (left.length > 0 && !this.#stop.aborted) {
      const turn = await this.#take(left, jobsMax);
      if (turn !== "refused") {
        left = left.filter(({ lane, seq }) => BigInt(turn.leftAfter.get(lane) ?? seq) < BigInt(seq));
      } else if (left.length > 1) {
        // Each lane alone finds the one that is to blame.
        const parts = [];
        for (const lane of left) parts.push(...(await this.#drain([lane], jobsMax)));
        return [...named.filter((each) => !left.includes(each)).map(({ lane }) => ({ lane, whole: true })), ...parts];
      } else if (jobsMax > 1) {
        jobsMax = Math.max(1, Math.floor(jobsMax / 8));
      } else if ((await this.#take(left, 1, (jobs) => toDeadLetters(jobs))) === "refused") {
        this.#parts.log.error({ lane: left[0]!.lane }, "a job is not even taken among the dead letters; its lane waits");
        break;
      }
    }
    return named.map((each) => ({ lane: each.lane, whole: !left.includes(each) }));
  }

  async #giveUp(named: JobName): Promise<void> {
    await this.#take([named], 1, (jobs) => toDeadLetters(jobs, "ended-the-worker"));
  }

  /** One turn, tried until the database takes or refuses it, or until it is to stop. */
  async #take(named: readonly JobName[], jobsMax: number, plan = this.#parts.plan): Promise<NamedTurn | "refused"> {
    const { take, done, log, pause = waitFor } = this.#parts;
    let [meetings, failures] = [0, 0];
    for (;;) {
      try {
        const turn = await take(named, jobsMax, plan);
        done(turn);
        return turn;
      } catch (error) {
        if (!(error instanceof TurnError)) throw error;
        if (error.code === "refused") return "refused";
        // Nothing of them is done then, as after a turn that left everything.
        if (this.#stop.aborted) return { jobs: 0, failed: 0, changed: [], leftAfter: new Map(named.map(({ lane }) => [lane, "0"])) };
        if (error.code === "contended" && ++meetings <= meetingsMax) continue;
        log.error({ turn: error.code, ...errorKind(error.cause) }, "a turn at the inbox failed and is tried again");
        await pause(backoffMs(++failures, retries), this.#stop);
      }
    }
  }

  /** A message whose visibility ends while its turn runs would be another worker's too, who then waits for the lane in vain. */
  #hold(held: readonly HeldMessage[]): NodeJS.Timeout {
    const { queue, visibilityMs, log } = this.#parts;
    let isTold = false;
    const tell = (lost: object): void => {
      if (!isTold) log.warn(lost, "messages are not held on; another worker may receive them too");
      isTold = true;
    };
    const beat = async (): Promise<void> => {
      try {
        const lost = (await queue.extend(held)).filter((isHeld) => !isHeld).length;
        if (lost > 0) tell({ lost });
      } catch (error) {
        tell(errorKind(error));
      }
    };
    return setInterval(() => void beat(), visibilityMs / 3);
  }
}

function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return wait(ms, undefined, { signal }).catch(() => {});
}

/** A lane with the newest job that is named, and the oldest. */
interface NamedLane extends JobName {
  readonly first: JobName;
  /** Of the lane's first message, which is the one that keeps the others waiting. */
  readonly receives: number;
}

function lanesOf(held: readonly HeldMessage[]): readonly NamedLane[] {
  const lanes = new Map<number, NamedLane>();
  for (const message of held) {
    const name = jobNameOf(message);
    if (name === null) continue;
    const known = lanes.get(name.lane);
    if (known === undefined) lanes.set(name.lane, { ...name, first: name, receives: message.receives });
    else if (BigInt(name.seq) > BigInt(known.seq)) lanes.set(name.lane, { ...known, seq: name.seq });
  }
  return [...lanes.values()];
}
