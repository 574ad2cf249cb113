import { GrantSessionError } from "../aws/grant-session-error.ts";
import { PlaceError } from "../aws/place.ts";
import { QueueError } from "../cloud/job-queue.ts";
import { KeyError } from "../vault/keys/provider.ts";
import { OpenerError } from "../vault/opening.ts";

/** `EX_CONFIG` of sysexits.h: starting again changes nothing, somebody has to. */
export const badConfiguration = 78;

const forSomebody: readonly KeyError["code"][] = [
  "refused-credentials",
  "bad-key-file",
  "wrong-provider",
  "missing-library",
  "not-permitted",
];

/**
 * The exit code of a process that ends with an error. Whoever supervises does not start it again after {@link badConfiguration}: each start with a wrong PIN is
 * one more failed attempt, and a token locks after a few.
 */
export function exitCodeOf(error: unknown): number {
  const keys = error instanceof OpenerError ? error.keys : error instanceof KeyError ? error.code : null;
  const isForSomebody =
    error instanceof PlaceError ||
    (error instanceof GrantSessionError && error.code === "not-permitted") ||
    (error instanceof QueueError && error.code !== "unavailable") ||
    (keys !== null && forSomebody.includes(keys));
  return isForSomebody ? badConfiguration : 1;
}
