import { Wake } from "./wake.ts";

/**
 * One loop of a process: rounds one after the other, each when it is rung for, when the one before says so, or at once. What is rung for during a round is
 * looked at by the next.
 */
export class Rounds {
  readonly #round: () => Promise<number>;
  readonly #wake = new Wake();
  #isStopped = false;
  #running: Promise<void> | null = null;

  /** @param round handles its own errors. @returns milliseconds to rest for at the most; zero: go on at once. */
  constructor(round: () => Promise<number>) {
    this.#round = round;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  ring(): void {
    this.#wake.ring();
  }

  /** Resolves when the round under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake.ring();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#wake.attend();
      const restMs = await this.#round();
      if (restMs > 0 && !this.#isStopped) await this.#wake.rest(restMs);
    }
  }
}
