/** No session of a grant's opener was given; nothing was opened. */
export class GrantSessionError extends Error {
  override readonly name = "GrantSessionError";
  /** `unavailable`: not reached or throttled, ask again; `not-permitted`: role or trust do not allow it, which is for somebody to mend. */
  readonly code: "unavailable" | "not-permitted";
  constructor(code: GrantSessionError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
