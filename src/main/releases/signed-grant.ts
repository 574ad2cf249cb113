import { type Approval, credentialsOf, isApproved, isByHolder, liveApprovals } from "../../approvals/evidence.ts";
import type { ApprovalPolicy, RuleName } from "../../approvals/policy.ts";
import { followedPolicies } from "../../approvals/policy-chain.ts";
import type { ExportScope, LaneScope, TransferScope } from "../../approvals/scope.ts";
import type { TransferUse } from "../../store/transfer-use.ts";
import { contentSha256 } from "./content-digest.ts";

/** What an opener asks of the database to look at signatures itself. */
export type SignedBy = Pick<TransferUse, "policies" | "livePasskeys">;

type ReleaseScope = TransferScope | LaneScope | ExportScope;

/** Why a grant does not stand: nothing is opened, and the grant is over. */
export class GrantRefused extends Error {
  override readonly name = "GrantRefused";
  readonly code: "not-approved" | "scope-changed" | "register-changed" | "release-refused" | "outside-lane" | "out-of-time";
  constructor(code: GrantRefused["code"]) {
    super(`the grant does not stand: ${code}`);
    this.code = code;
  }
}

/**
 * By the clocks that were signed, whatever the grant's row says of its time: whoever can write rows brings no approval back that is over. The moment itself is too late. Where this clock is ahead of
 * the database's, which is the one that counts, a grant at the very end of its time is refused.
 */
export function refuseIfOver(
  { approveBy, executeSeconds }: Pick<TransferScope | ExportScope, "approveBy" | "executeSeconds">,
  now: Date,
): void {
  if (!(now.getTime() < Date.parse(approveBy) + executeSeconds * 1_000)) throw new GrantRefused("out-of-time");
}

export type Policies = ReadonlyMap<number, ApprovalPolicy>;

/** From the first, which is the owner's, by what was signed for each. */
export async function trustedPolicies(use: Pick<SignedBy, "policies">): Promise<Policies> {
  const links = (await use.policies()).map((link) => ({ ...link, approvals: (link.approvals ?? []) as readonly Approval[] }));
  const policies = followedPolicies(links, contentSha256);
  if (policies === null) throw new GrantRefused("not-approved");
  return policies;
}

/** Those of a grant's approvals whose passkeys may sign now. @param claimed as the database has them: whatever somebody wrote. */
export async function standingApprovals(claimed: unknown, { livePasskeys }: Pick<SignedBy, "livePasskeys">): Promise<readonly Approval[]> {
  const given = (claimed ?? []) as readonly Approval[];
  return liveApprovals(given, await livePasskeys(credentialsOf(given)));
}

/** By the policy that it was asked under and by the newest: whoever is no approver any more has approved nothing. */
export function refuseUnlessApproved(text: string, scope: ReleaseScope, policies: Policies, given: readonly Approval[]): void {
  const rule = ruleOf(scope);
  const isBreakGlass = scope.kind === "transfer" && scope.breakGlass;
  const holds = (policy: ApprovalPolicy | undefined): boolean =>
    policy !== undefined && (isApproved(rule, scope, given, text, policy) || (isBreakGlass && isByHolder(given, text, policy)));
  if (!holds(policies.get(scope.policy)) || !holds(policies.get(policies.size))) throw new GrantRefused("not-approved");
}

/** What is asked for is the rule's to say: a scope with another rule than its own is none. */
function ruleOf(scope: ReleaseScope): RuleName {
  const due = dueRule(scope);
  if (scope.rule !== due) throw new GrantRefused("scope-changed");
  return due;
}

function dueRule(scope: ReleaseScope): RuleName {
  switch (scope.kind) {
    case "lane":
      return "lane";
    case "transfer":
      return scope.derogation === null ? "transfer" : "derogation";
    case "export":
      return "transfer";
  }
}
