import type { ChildProcess } from "node:child_process";
import { type Opened, OpenerError, type OpeningRequest } from "../vault/opening.ts";
import { badConfiguration } from "./exit-code.ts";
import type { OpenerReply, RoleMessage } from "./role.ts";

/** How a process that ends by itself is started again. */
export interface RestartPolicy {
  /** Waited after the first end; doubles with each end in a row. */
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
  /** With so many ends in a row the supervisor gives up. */
  readonly endsMax: number;
  /** A process that lived this long was sound, and its end begins a new row. */
  readonly soundAfterMs: number;
}

/** Ten ends take about a minute. The database's recovery from a crash of one of its own processes, which no role survives, fits into that. */
const defaults: RestartPolicy = { delayMinMs: 500, delayMaxMs: 10_000, endsMax: 10, soundAfterMs: 3_000 };

/** A process that is told to stop and has not drained by then is killed; what it had not acknowledged, its senders send again. */
const drainMs = 30_000;

/** @param ends how many in a row, from 1. */
export function restartDelayMs(ends: number, { delayMinMs, delayMaxMs }: RestartPolicy = defaults): number {
  return Math.min(delayMaxMs, delayMinMs * 2 ** (ends - 1));
}

export interface SupervisedRoleHooks {
  /** The process runs: the first one, and each that was started after it. */
  ready(detail: Readonly<Record<string, string>>): void;
  /** The process asks for something to be opened. @throws {OpenerError} */
  open(request: OpeningRequest): Promise<Opened>;
  ended(how: string, restartMs: number): void;
  /** It is not started again. */
  gaveUp(reason: string): void;
}

/** A process that has ended while starting; its log says why. */
export class EndedWhileStarting extends Error {
  override readonly name = "EndedWhileStarting";
}

interface RunningProcess {
  readonly child: ChildProcess;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  readonly since: number;
}

/** A role's process, started again when it ends by itself. */
export class SupervisedRole {
  readonly #name: string;
  readonly #launch: () => ChildProcess;
  readonly #hooks: SupervisedRoleHooks;
  readonly #policy: RestartPolicy;
  #running: RunningProcess;
  #endsInRow = 0;
  #isStopping = false;
  #restart: NodeJS.Timeout | undefined;

  /** @param launch starts a process with a channel; it sends `{ready: detail}` when it runs, and drains and ends when it is sent `stop`. */
  constructor(name: string, launch: () => ChildProcess, hooks: SupervisedRoleHooks, policy: Partial<RestartPolicy> = {}) {
    this.#name = name;
    this.#launch = launch;
    this.#hooks = hooks;
    this.#policy = { ...defaults, ...policy };
    this.#running = this.#begin();
  }

  /**
   * Resolves when the first process runs; from then on it is watched.
   * @throws {EndedWhileStarting}
   */
  async started(): Promise<void> {
    const { child, ended } = this.#running;
    const ready = new Promise<null>((resolve) => child.once("message", () => resolve(null)));
    const how = await Promise.race([ready, ended]);
    if (how !== null) throw new EndedWhileStarting(`the ${this.#name} process ended while starting (${how}); its log stands above`);
    void this.#watch();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    const { child, ended } = this.#running;
    if (child.connected) child.send("stop");
    const late = setTimeout(() => child.kill("SIGKILL"), drainMs);
    await ended;
    clearTimeout(late);
  }

  #begin(): RunningProcess {
    const child = this.#launch();
    child.on("message", (message: RoleMessage) => {
      if ("ready" in message) this.#hooks.ready(message.ready);
      else void this.#open(child, message.open, message.serial);
    });
    const ended = new Promise<string>((resolve) => {
      child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
      child.on("error", (error: NodeJS.ErrnoException) => {
        // Of a process that runs, an error is about a message that did not reach it; its end follows.
        if (child.pid === undefined) resolve(error.code ?? "not started");
      });
    });
    return { child, ended, since: performance.now() };
  }

  async #open(child: ChildProcess, request: OpeningRequest, serial: number): Promise<void> {
    const reply = await this.#hooks.open(request).then(
      (opened): OpenerReply => ({ opener: serial, opened }),
      (error: unknown): OpenerReply => ({ opener: serial, error: error instanceof OpenerError ? error.code : "failed" }),
    );
    if (child.connected) child.send(reply);
  }

  async #watch(): Promise<void> {
    const how = await this.#running.ended;
    if (this.#isStopping) return;
    if (how === `exit code ${badConfiguration}`) {
      this.#hooks.gaveUp(`the ${this.#name} process cannot run with its settings; its log stands above`);
      return;
    }
    this.#endsInRow = performance.now() - this.#running.since >= this.#policy.soundAfterMs ? 1 : this.#endsInRow + 1;
    if (this.#endsInRow >= this.#policy.endsMax) {
      this.#hooks.gaveUp(`the ${this.#name} process ended ${this.#endsInRow} times in a row, last with ${how}; its log stands above`);
      return;
    }
    const restartMs = restartDelayMs(this.#endsInRow, this.#policy);
    this.#hooks.ended(how, restartMs);
    this.#restart = setTimeout(() => {
      this.#running = this.#begin();
      void this.#watch();
    }, restartMs);
  }
}
