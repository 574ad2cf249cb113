import { KeyError } from "../vault/keys/provider.ts";

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
  return error instanceof KeyError && forSomebody.includes(error.code) ? badConfiguration : 1;
}
