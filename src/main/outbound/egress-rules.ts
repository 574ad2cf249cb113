import type { CarrierClient, ClientRequest } from "../../carriers/client.ts";
import type { CoveredValue, EgressCall } from "../../outbound/egress.ts";
import { learnedRules } from "../../outbound/guard/learn.ts";
import { commonRules, type GuardRules, joinedRules, type TextFormat } from "../../outbound/guard/rules.ts";
import { findTokens } from "../../vault/find-tokens.ts";

/** Made up: a number of this form is nobody's, and stands in nothing that a connector says by itself. */
const madeUpNumber = (at: number): string => `PKQ7${String(400_000_000 + at * 7919)}ZX`;
const madeUpToken = "made-up-access-token-pkq7";

/** Calls to carriers hold neither times nor ids of ours, so that nothing can be put into one. */
const commonTexts: GuardRules = { texts: commonRules.texts, formats: [] };

/** The ends of a stretch of time that a feed is asked for, on the carrier's clock. */
const stretchOfTime: TextFormat = {
  name: "local-time",
  pattern: /^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d$/,
  places: ["url-query-value"],
  isNarrow: true,
};

/**
 * What may stand in calls to a carrier beyond numbers and credentials: the constant texts of its connector, which are found by having it build calls for made-up
 * numbers and credentials. A connector is pure, so whatever else it says is the same for everybody.
 */
export function carrierRules(client: CarrierClient): GuardRules {
  const credentials = Object.fromEntries(client.credentialFields.map((field) => [field, `made-up-${field.toLowerCase()}-pkq7`]));
  const covered = (values: readonly string[]): readonly CoveredValue[] =>
    [...values, ...Object.values(credentials), madeUpToken].map((value) => ({ kind: "credential", value }));
  const samples: EgressCall[] = [];
  const { baseUrl } = client;
  if (client.tokenRequest !== undefined)
    samples.push(egressCall("", client.source, client.tokenRequest(credentials, baseUrl), covered([])));
  for (const count of new Set([1, Math.min(2, client.batchMax), client.batchMax])) {
    const numbers = Array.from({ length: count }, (_, at) => madeUpNumber(at));
    const request = client.trackRequest(numbers, credentials, madeUpToken, baseUrl);
    samples.push(egressCall("", client.source, request, covered(numbers)));
  }
  const { feed } = client;
  if (feed === undefined) return joinedRules(commonTexts, learnedRules(samples, findTokens));
  const feedCredentials = { ...credentials, [feed.credentialField]: "made-up-customer-pkq7" };
  const request = feed.request(0, 0, feedCredentials, baseUrl);
  samples.push(egressCall("", client.source, request, [...covered([]), { kind: "credential", value: "made-up-customer-pkq7" }]));
  return joinedRules(commonTexts, learnedRules(samples, findTokens), { texts: new Set(), formats: [stretchOfTime] });
}

/** A connector's request as the egress takes it. */
export function egressCall(tenant: string, recipient: string, request: ClientRequest, covered: readonly CoveredValue[]): EgressCall {
  const { method, url, headers, body } = request;
  return { tenant, recipient, method, url, headers, body: body === null ? null : Buffer.from(body), covered };
}
