import { handoverRequest } from "../../carriers/handover.ts";
import { type Category, categoryNames } from "../../domain/category.ts";
import type { RegisterEntry } from "../../domain/register-entry.ts";
import { type CoveredValue, type Egress, EgressError } from "../../outbound/egress.ts";
import { GuardedEgress, type GuardParts } from "../../outbound/guarded-egress.ts";
import { learnedRules } from "../../outbound/guard/learn.ts";
import { commonRules, type GuardRules, joinedRules } from "../../outbound/guard/rules.ts";
import { findTokens } from "../../vault/find-tokens.ts";

export interface TransferCall {
  /** UUID of the request. */
  readonly request: string;
  readonly purpose: string;
  readonly fields: readonly string[];
  readonly url: string;
}

/**
 * The egress of one transfer: to its recipient's hosts, with the values that it covers, its reference, and the constant texts of a handover. What is anything else cannot be asked for
 * in the vault here, so it does not go.
 */
export function transferEgress(
  call: TransferCall,
  { source, hosts, path }: Pick<RegisterEntry, "source" | "hosts" | "path">,
  parts: Pick<GuardParts, "transport" | "testHosts" | "record">,
): Egress {
  const rules = transferRules(call);
  return new GuardedEgress({
    ...parts,
    recipientOf: async (_tenant, recipient) => (recipient === source ? { hosts, path, rules, label: source } : null),
    knownOf: () => Promise.reject(new EgressError("leak", "a transfer says nothing that it does not cover")),
    tokensIn: findTokens,
    counted: () => {},
    recordFailed: () => {},
  });
}

function transferRules({ request, purpose, fields, url }: TransferCall): GuardRules {
  const madeUp = (field: string): string => `made-up-${categoryNames.indexOf(field as Category)}-pkq7`;
  const values = Object.fromEntries(fields.map((field) => [field, madeUp(field)]));
  const sample = handoverRequest(url, { reference: request, purpose, values });
  const covered: CoveredValue[] = Object.values(values).map((value) => ({ kind: "release", release: request, value }));
  const { method, headers, body } = sample;
  const learned = learnedRules([{ tenant: "", recipient: "", method, url, headers, body: Buffer.from(body ?? ""), covered }], findTokens);
  return joinedRules(commonRules, learned);
}
