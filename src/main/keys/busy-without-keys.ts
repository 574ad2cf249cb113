import { ProblemError } from "../../ingress/problems.ts";
import { KeyError } from "../../vault/keys/provider.ts";

/** The root keys may be back by then. */
const retryAfterS = 5;

/** For a call that needs a derived key: while the root keys do not answer, its caller is told to come again. What failed stands in the log (`reported-keys.ts`). */
export function busyWithoutKeys(error: unknown): never {
  throw error instanceof KeyError ? new ProblemError("busy", { retryAfterS, cause: error }) : error;
}
