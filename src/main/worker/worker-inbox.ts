import type pg from "pg";
import { takeTurn, type Turn, TurnError } from "../../store/worker-store.ts";
import { errorKind, type ProgramLog } from "../log.ts";
import { planTurn } from "./plan-turn.ts";
import type { Spans } from "../telemetry/spans.ts";
import { tracedTurn } from "../telemetry/traced-turn.ts";
import { TurnShares } from "./turn-shares.ts";
import { Wake } from "../wake.ts";

/** Looks at the inbox at least this often, should a wake-up get lost. */
const pollMs = 250;
/**
 * Under a load that does not fill turns, one begins so often. A turn costs about a millisecond of processor time beside its jobs, so fewer and larger
 * ones are cheaper; a message is to be seen within a tenth of a second.
 */
const turnEveryMs = 40;
const retryMs = 500;

/** How a worker comes by its jobs. */
export interface JobWork {
  /** There may be new jobs in the inbox. */
  ring(): void;
  /** Resolves when the turn under way has ended. */
  stop(): Promise<void>;
}

export interface WorkParts {
  /** Of the role `parcelkeep_worker`. */
  readonly pool: pg.Pool;
  readonly log: ProgramLog;
  readonly spans: Spans;
  /** Called after each turn that was committed. */
  readonly done: (turn: Turn) => void;
}

/** The inbox is the queue: a turn takes jobs, applies and removes them in one transaction. */
export function workInbox({ pool, log, spans, done }: WorkParts): JobWork {
  const wake = new Wake();
  const shares = new TurnShares(planTurn);
  let isStopped = false;
  const turn = async (): Promise<void> => {
    const began = performance.now();
    wake.attend();
    try {
      const taken = await shares.next((share, plan) => tracedTurn(spans, () => takeTurn(pool, share, plan)));
      done(taken);
      if (taken.jobs === 0) await wake.rest(pollMs);
      else if (!shares.isBehind) await pause(began + turnEveryMs - performance.now());
    } catch (error) {
      if (!(error instanceof TurnError)) throw error;
      if (error.code === "contended") return;
      log.error({ turn: error.code, ...errorKind(error.cause) }, "a turn at the inbox failed and is tried again");
      if (error.code === "unavailable") await pause(retryMs);
    }
  };
  const running = (async () => {
    while (!isStopped) await turn();
  })();
  return {
    ring: () => wake.ring(),
    stop: async () => {
      isStopped = true;
      wake.ring();
      await running;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
