import { type InboxJob, laneCount, type Turn, TurnError, type TurnPlan, type TurnShare, withoutEffect } from "../../store/worker-store.ts";

/** Jobs of a turn while all goes well. */
const fullTurnJobs = 500;
/** Lanes of a turn while more waits than a turn takes, so that several workers share them. */
const lanesPerWorker = 16;

type TakeTurn = (share: TurnShare, plan: (jobs: readonly InboxJob[]) => TurnPlan) => Promise<Turn>;

/**
 * How much of the inbox a worker takes, turn by turn. It goes round the lanes. When a turn is refused, smaller ones find the job that is to blame: it goes
 * to the dead letters and the others go on.
 */
export class TurnShares {
  readonly #plan: (jobs: readonly InboxJob[]) => TurnPlan;
  #firstLane = 0;
  #lanesMax = laneCount;
  #jobsMax = fullTurnJobs;

  constructor(plan: (jobs: readonly InboxJob[]) => TurnPlan) {
    this.#plan = plan;
  }

  /** Whether the last turn left jobs behind, as far as it can know. */
  get isBehind(): boolean {
    return this.#lanesMax < laneCount;
  }

  /** @throws {TurnError} as `take` does; what is to be taken next takes account of it. */
  async next(take: TakeTurn): Promise<Turn> {
    const share = { firstLane: this.#firstLane, lanesMax: this.#lanesMax, jobsMax: this.#jobsMax };
    try {
      const turn = await take(share, this.#plan);
      this.#goOn(turn.jobs);
      return turn;
    } catch (error) {
      if (!(error instanceof TurnError) || error.code !== "refused") throw error;
      if (share.jobsMax === 1) return await take(share, (jobs) => toDeadLetters(jobs));
      this.#jobsMax = Math.max(1, Math.floor(share.jobsMax / 8));
      throw error;
    }
  }

  #goOn(jobs: number): void {
    this.#firstLane = (this.#firstLane + this.#lanesMax) % laneCount;
    this.#lanesMax = jobs >= this.#jobsMax / 2 ? lanesPerWorker : laneCount;
    this.#jobsMax = Math.min(fullTurnJobs, this.#jobsMax * 2);
  }
}

/** Applies nothing of the jobs. */
export function toDeadLetters(jobs: readonly InboxJob[], code = "refused-message"): TurnPlan {
  return { numbers: [], apply: () => ({ ...withoutEffect(jobs), failed: jobs.map((_, job) => ({ job, code })) }) };
}
