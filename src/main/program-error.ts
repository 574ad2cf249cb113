export class ProgramError extends Error {
  override readonly name = "ProgramError";
  /**
   * `already-running`: another program holds the data folder; `folder-unusable`: it cannot be made or written to; `address-in-use`: something else
   * listens there; `role-failed`: a process of the program did not start.
   */
  readonly code: "already-running" | "folder-unusable" | "address-in-use" | "role-failed";
  constructor(code: ProgramError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
