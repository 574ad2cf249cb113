import { setTimeout as wait } from "node:timers/promises";
import type { ReleaseWorkflow, WaitingExecution } from "../../cloud/release-workflow.ts";
import type { DueAnswer, WorkflowStore } from "../../store/workflow-store.ts";
import { errorKind, type ProgramLog } from "../log.ts";
import type { Openers } from "./openers.ts";

const takenMax = 50;
const listenMs = 20_000;
/** After a wait that failed. */
const restMs = 2_000;
/** An execution that has told no token, or has used no grant, for so long is taken for lost: twice what a task takes to start. */
const silentMs = 120_000;

/**
 * By a workflow of the platform, one execution for each request from the moment that somebody asks:
 *
 * - `begun`: it was started, and tells its token by the queue; lost where nothing is heard of it, and then the next round begins.
 * - `waiting`: the token stands with the request, for as long as people take.
 * - `answered`: it was told of the grant, and starts one opener; or of the request's end, and ends. Where the grant stays unused, the next round begins, until the grant's time is over.
 */
export class WorkflowOpeners implements Openers {
  readonly #store: WorkflowStore;
  readonly #workflow: ReleaseWorkflow;
  readonly #log: ProgramLog;
  readonly #heard: () => void;
  readonly #silentMs: number;
  readonly #stop = new AbortController();
  readonly #listening: Promise<void>;

  /** @param heard something waits for an answer. @param silent tests wait for less. */
  constructor(store: WorkflowStore, workflow: ReleaseWorkflow, log: ProgramLog, heard: () => void, silent = silentMs) {
    this.#store = store;
    this.#workflow = workflow;
    this.#log = log;
    this.#heard = heard;
    this.#silentMs = silent;
    this.#listening = this.#listen();
  }

  async turn(): Promise<void> {
    for (const execution of await this.#store.toBegin(this.#silentMs, takenMax))
      await this.#alone(execution.request, async () => {
        await this.#workflow.begin(execution);
        await this.#store.noteBegun(execution);
        if (execution.round > 0)
          this.#log.warn({ request: execution.request, round: execution.round }, "a workflow was not heard of; another began");
      });
    for (const answer of await this.#store.toAnswer(takenMax)) await this.#alone(answer.request, () => this.#answer(answer));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#listening;
    await this.#workflow.close();
  }

  async #answer({ request, token, state, grant, executeBy }: DueAnswer): Promise<void> {
    const decided = grant === null || executeBy === null ? { ended: state } : { grant, executeBefore: executeBy };
    const isTaken = await this.#workflow.answer(token, decided);
    await this.#store.noteAnswered({ request, token }, isTaken);
    this.#log.info({ request, state, grant, isTaken }, "a workflow was told what was decided");
  }

  async #listen(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        for (const waiting of await this.#workflow.receive({ waitMs: listenMs, signal })) await this.#take(waiting);
      } catch (error) {
        this.#log.error(errorKind(error), "workflows that wait are not heard; tried again");
        await wait(restMs, null, { signal }).catch(() => {});
      }
    }
  }

  /** The message goes when the token is durable, or nobody's. */
  async #take(waiting: WaitingExecution): Promise<void> {
    const isOurs = await this.#store.takeToken(waiting, waiting.token);
    if (!isOurs) {
      this.#log.error({ request: waiting.request }, "a workflow waits for a request that there is not");
      await this.#workflow.answer(waiting.token, { ended: "no-such-request" });
    }
    await this.#workflow.settle(waiting);
    if (isOurs) this.#heard();
  }

  /** One that fails holds up no other. */
  async #alone(request: string, work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) =>
      this.#log.error({ request, ...errorKind(error) }, "the workflow was not reached for a request; tried again"),
    );
  }
}
