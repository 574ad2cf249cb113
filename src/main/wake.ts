/** Lets one loop rest until something is rung for it. What is rung while it does not rest is not lost: the next rest is over at once. */
export class Wake {
  #isRung = false;
  #ring: () => void = () => {};

  ring(): void {
    this.#isRung = true;
    this.#ring();
  }

  /** Forgets what was rung. Call it before looking at what the ringing is about. */
  attend(): void {
    this.#isRung = false;
  }

  /** Resolves when it is rung, or has been since {@link attend}, and after `longestMs` at the latest. */
  rest(longestMs: number): Promise<void> {
    if (this.#isRung) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, longestMs);
      this.#ring = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
