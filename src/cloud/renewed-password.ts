/** IAM's tokens are good for 15 minutes (ElastiCache user guide, "Authenticating with IAM"). */
export const renewEveryMs = 10 * 60 * 1000;
/** After a failure, doubled with each next one: several attempts fall into what is left of the last token's life. */
const firstRetryMs = 1_000;
const longestRetryMs = 60_000;

export interface PasswordRenewal {
  readonly make: () => Promise<string>;
  readonly use: (password: string) => void;
  /** Called with each failure; it is tried again. */
  readonly failed: (error: unknown) => void;
}

/** A password that is made anew before it ends, for as long as it is used. It keeps no process alive. */
export class RenewedPassword {
  readonly #renewal: PasswordRenewal;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isStopped = false;

  private constructor(renewal: PasswordRenewal) {
    this.#renewal = renewal;
  }

  /** Resolves when the first one is used, or has failed to be made. */
  static async start(renewal: PasswordRenewal): Promise<RenewedPassword> {
    const password = new RenewedPassword(renewal);
    await password.#renew();
    return password;
  }

  /** One that is being made is not used any more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #renew(): Promise<void> {
    const { make, use, failed } = this.#renewal;
    let restMs = renewEveryMs;
    try {
      const password = await make();
      if (this.#isStopped) return;
      use(password);
      this.#failures = 0;
    } catch (error) {
      failed(error);
      restMs = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failures++);
    }
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#renew(), restMs).unref();
  }
}
