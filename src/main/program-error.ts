export class ProgramError extends Error {
  override readonly name = "ProgramError";
  /** `already-running`: another program holds the data folder; `role-failed`: a process of the program did not start. */
  readonly code: "already-running" | "role-failed";
  constructor(code: ProgramError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
