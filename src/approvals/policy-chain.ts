import { type Approval, isApproved } from "./evidence.ts";
import { type ApprovalPolicy, readPolicy } from "./policy.ts";
import { readScope } from "./scope.ts";

/** A version of the policy with the request that it came by; the first has none. */
export interface PolicyLink {
  readonly version: number;
  readonly content: unknown;
  readonly scope: string | null;
  readonly approvals: readonly Approval[];
}

/**
 * Follows the versions of the approval policy from the first. Each other one has to be approved under the one before it, by signatures over a scope that names its content.
 * @param sha256Of the digest of a content's canonical text, hex.
 * @returns the policies by version, in their order; those up to the first link that does not hold, after which nothing is trusted: null.
 */
export function followedPolicies(
  links: readonly PolicyLink[],
  sha256Of: (content: unknown) => string,
): ReadonlyMap<number, ApprovalPolicy> | null {
  const policies = new Map<number, ApprovalPolicy>();
  try {
    for (const link of links) {
      if (link.version !== policies.size + 1) return null;
      const before = policies.get(link.version - 1);
      if (before !== undefined && !isSuccessor(link, before, sha256Of)) return null;
      policies.set(link.version, readPolicy(link.content));
    }
    return policies;
  } catch {
    return null;
  }
}

function isSuccessor(
  { version, content, scope: text, approvals }: PolicyLink,
  before: ApprovalPolicy,
  sha256Of: (content: unknown) => string,
): boolean {
  if (text === null) return false;
  const scope = readScope(text);
  return (
    scope.kind === "change" &&
    scope.change === "approval-policy" &&
    scope.rule === "change" &&
    scope.policy === version - 1 &&
    scope.sha256 === sha256Of(content) &&
    isApproved("change", scope, approvals, text, before)
  );
}
