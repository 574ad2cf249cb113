import { ProblemError } from "../../ingress/problems.ts";

/** A full inbox takes some seconds to have room again. */
const fullRetryS = 5;

export interface InboxRoom {
  readonly isFull: boolean;
}

/** @throws {ProblemError} `busy`. */
export function refuseWhenFull(inbox: InboxRoom): void {
  if (inbox.isFull) throw new ProblemError("busy", { retryAfterS: fullRetryS });
}

const everyMs = 1_000;
/** Counting a long inbox takes a while; looking takes a tenth of the time at most. */
const restPerLook = 9;

/**
 * Whether the inbox takes more, known from a look at the database now and then, so that no request waits for it. Between two looks more may come in than
 * the bound says: what arrives in a second, or in some seconds while jobs are counted.
 */
export class InboxBound implements InboxRoom {
  isFull = false;
  readonly #look: () => Promise<boolean>;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @param look whether the inbox is full. One that fails leaves the answer as it was. */
  constructor(look: () => Promise<boolean>, failed: (error: unknown) => void) {
    this.#look = look;
    this.#failed = failed;
  }

  /** Resolves after the first look; goes on until `stop`. */
  async watch(): Promise<void> {
    const began = Date.now();
    try {
      this.isFull = await this.#look();
    } catch (error) {
      this.#failed(error);
    }
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.watch(), Math.max(everyMs, restPerLook * (Date.now() - began)));
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }
}
