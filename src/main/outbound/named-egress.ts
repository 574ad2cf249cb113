import type { Egress } from "../../outbound/egress.ts";
import { GuardedEgress, type GuardParts } from "../../outbound/guarded-egress.ts";
import type { GuardRules } from "../../outbound/guard/rules.ts";
import { findTokens } from "../../vault/find-tokens.ts";
import type { ProgramLog } from "../log.ts";

export interface NamedEgressParts {
  /** What is called there, for the process's log. */
  readonly label: string;
  /** Addresses that the settings name. */
  readonly urls: readonly string[];
  readonly rules: GuardRules;
  readonly testHosts: ReadonlySet<string>;
  /** Bounds the time of a call and the size of an answer. */
  readonly transport: GuardParts["transport"];
  /** Whether calls go through a forward proxy, which then is the one to say which addresses may be called. */
  readonly isProxied: boolean;
  readonly log: ProgramLog;
}

/** Calls to addresses that the settings name, which may be in the owner's own network, with nothing in them that the vault could know. */
export function namedEgress({ label, urls, rules, testHosts, transport, isProxied, log }: NamedEgressParts): Egress {
  const recipient = { hosts: urls.map((url) => new URL(url).host), path: isProxied ? "public" : "private", rules, label } as const;
  return new GuardedEgress({
    recipientOf: async () => recipient,
    // Nothing here is anybody's, and nobody is there to ask: what the vault would be asked for does not leave.
    knownOf: async () => () => true,
    tokensIn: findTokens,
    record: { refused: async ({ code, findings }) => log.error({ recipient: label, refused: code, findings }, "a call was refused") },
    transport,
    testHosts,
    counted: () => {},
    recordFailed: () => {},
  });
}
