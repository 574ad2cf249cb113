/**
 * The queue between what was acknowledged and the workers. Messages of a group are handed out in order, and a group to one receiver at a time; groups do not
 * wait for each other. Delivery is at least once: whoever receives checks for himself whether a job is done already, in the commit of what it does.
 *
 * A message goes from `waiting` to `held` when it is received; from there to its end when it is settled, and back to `waiting`, at its place in its group, when it
 * is released or its visibility ends before. What was received too often the queue itself puts among its dead letters.
 */
export interface JobReceiver {
  /**
   * Waits for messages, and holds what it gets for the queue's visibility time.
   * @param bounds at most `max`, after waiting no longer than `waitMs`; `signal` ends the wait with nothing.
   * @throws {QueueError}
   */
  receive(bounds: ReceiveBounds): Promise<readonly HeldMessage[]>;
  /** Holds messages on, for a whole visibility time from now. @returns by place whether they were still held, as far as the queue tells. @throws {QueueError} */
  extend(held: readonly HeldMessage[]): Promise<readonly boolean[]>;
  /** Ends messages. Ending one once more is no error. @returns by place whether it is known to have ended. @throws {QueueError} where some may have ended all the same. */
  settle(held: readonly HeldMessage[]): Promise<readonly boolean[]>;
  /** Gives messages back at once, for anybody. @throws {QueueError} */
  release(held: readonly HeldMessage[]): Promise<void>;
  close(): Promise<void>;
}

/** Where the inbox is the queue, the commit of what was acknowledged is the sending, and a person's word at the API the redrive. */
export interface JobQueue extends JobReceiver {
  /**
   * Hands messages over, in their order. Each on its own: what failed may be sent once more, and so may what seemed to fail and did not, since a message whose
   * id was sent within the last minutes is dropped (an SQS FIFO queue remembers five).
   * @returns by place whether it is known to have been taken; where the queue went away in the middle, none after that. A message that was not taken leaves a gap in
   * its group that only the sender can close.
   * @throws {QueueError} where none is known to have been taken.
   */
  send(messages: readonly JobMessage[]): Promise<readonly boolean[]>;
  /** Brings dead letters back. @returns how many; `null` where the queue does it in the background. @throws {QueueError} */
  redrive(): Promise<number | null>;
  /** Of the queue and its dead letters, two calls. @throws {QueueError} */
  counts(): Promise<QueueCounts>;
}

/** The name of a job and no more: what it says stays in the database (a claim check), so no queue ever holds it. */
export interface JobMessage {
  /** Letters, digits and hyphens, at most 128; of one message ever. */
  readonly id: string;
  /** As `id`; in order within it. */
  readonly group: string;
}

export interface HeldMessage extends JobMessage {
  /** Of this receive; a later one has another. */
  readonly receipt: string;
  /** How often it was received, with this time. A queue that cannot tell says 1. */
  readonly receives: number;
}

export interface ReceiveBounds {
  readonly max: number;
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

/** As far as the queue knows at the moment. */
export interface QueueCounts {
  readonly waiting: number;
  readonly inFlight: number;
  readonly dead: number;
}

export class QueueError extends Error {
  override readonly name = "QueueError";
  /**
   * `unavailable`: not reached, throttled, or failing; try again. `not-permitted`: the caller's role or the key's policy does not allow this; `misconfigured`:
   * the queue is not as it has to be. Both are for somebody to mend.
   */
  readonly code: QueueErrorCode;
  constructor(code: QueueErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Listed in docs/errors.md. */
export const queueErrorCodes = ["unavailable", "not-permitted", "misconfigured"] as const;
export type QueueErrorCode = (typeof queueErrorCodes)[number];
