import type { LivePasskey } from "../domain/passkey.ts";
import { type Assertion, isAssertion, isAssertionOf } from "./assertion.ts";
import { type ApprovalPolicy, approverOf, groupsIn, type RuleName } from "./policy.ts";
import { isQuorum } from "./rule.ts";
import { askingPerson, decisionSha256, type Scope, type SignedDecision } from "./scope.ts";

/** Who says to have approved, and what their passkey signed. */
export interface Approval {
  readonly person: string;
  readonly assertion: Assertion;
}

/** Ids of the credentials that approvals name; what is no assertion names none. */
export function credentialsOf(approvals: readonly Approval[]): readonly string[] {
  return approvals.flatMap(({ assertion }) => (isAssertion(assertion) ? [assertion.credential] : []));
}

/** Approvals whose passkey may sign now and is the person's. The policy that names it may be older than its loss. */
export function liveApprovals(approvals: readonly Approval[], live: readonly LivePasskey[]): readonly Approval[] {
  return approvals.filter(
    ({ person, assertion }) =>
      isAssertion(assertion) && live.some((passkey) => passkey.credential === assertion.credential && passkey.person === person),
  );
}

/** The person whose passkey signed this decision about a scope, by the policy's keys alone; null where it is nobody's or something else was signed. */
export function signerOf(assertion: Assertion, text: string, decision: SignedDecision, policy: ApprovalPolicy): string | null {
  // It was written down by whoever faces the network, who may have written anything.
  if (!isAssertion(assertion)) return null;
  const approver = approverOf(policy, assertion.credential);
  const signed = decisionSha256(text, decision, assertion.askedAt);
  if (approver === null || !isAssertionOf(assertion, signed, approver.key, policy.relyingParty)) return null;
  return approver.person;
}

/**
 * Whose approvals hold: signed by a passkey of theirs over exactly this scope.
 * @param decision `break-glass` of a holder alone: whoever approves as one of several has not said that one is enough.
 */
export function verifiedApprovers(
  approvals: readonly Approval[],
  text: string,
  policy: ApprovalPolicy,
  decision: "approve" | "break-glass" = "approve",
): readonly string[] {
  return approvals.flatMap(({ person, assertion }) => (signerOf(assertion, text, decision, policy) === person ? [person] : []));
}

/** Whether a request is approved as its rule asks, by what was signed and nothing that anybody says. @param asker of the scope that was signed. */
export function isApproved(
  rule: RuleName,
  asker: Pick<Scope, "requester" | "person">,
  approvals: readonly Approval[],
  text: string,
  policy: ApprovalPolicy,
): boolean {
  const persons = verifiedApprovers(approvals, text, policy);
  return isQuorum(policy.rules[rule], groupsIn(policy), askingPerson(asker), persons);
}

/** Whether a holder of break-glass has signed this. */
export function isByHolder(approvals: readonly Approval[], text: string, policy: ApprovalPolicy): boolean {
  return verifiedApprovers(approvals, text, policy, "break-glass").some((person) => policy.breakGlass.holders.includes(person));
}
