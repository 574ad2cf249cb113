import { ProgramError } from "./program-error.ts";

/** What a command could not do, in words for whoever typed it, with what to do instead. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly hint: string | undefined;
  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

const hints: Partial<Record<ProgramError["code"], string>> = {
  "address-in-use": "set PARCELKEEP_HTTP to another host:port; port 0 lets the system choose",
  "folder-unusable": "set PARCELKEEP_DATA to a folder of yours",
};

/** @param hint where another program holds the data folder. */
export function hintWhereRunning(hint: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ProgramError)) throw error;
    throw new CommandError(error.message, error.code === "already-running" ? hint : hints[error.code]);
  };
}
