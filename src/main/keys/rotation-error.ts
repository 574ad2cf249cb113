export class RotationError extends Error {
  override readonly name = "RotationError";
  /**
   * `already-rotating`: another command is at it; `rekeyer-failed`: repeat the command, it goes on where it was; `wraps-left`: rotate first;
   * `entries-left`: repeat the command later;
   * `no-such-epoch`: the epoch is the current one or later, or there is none.
   */
  readonly code: "already-rotating" | "rekeyer-failed" | "wraps-left" | "entries-left" | "no-such-epoch";
  /** The command that would work. */
  readonly hint: string | undefined;
  constructor(code: RotationError["code"], message: string, options?: ErrorOptions & { hint?: string }) {
    super(message, options);
    this.code = code;
    this.hint = options?.hint;
  }
}
