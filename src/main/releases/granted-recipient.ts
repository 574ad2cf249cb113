import type { TransferScope } from "../../approvals/scope.ts";
import type { Category } from "../../domain/category.ts";
import type { LawfulBasis } from "../../domain/register-entry.ts";
import { decideRelease, type ReleaseDecision, type ReleasePurpose, type TransferPolicy } from "../../domain/release-decision.ts";
import type { TenantEntry } from "../../store/register-store.ts";
import { GrantRefused } from "./signed-grant.ts";

export interface RecipientParts {
  readonly registerOf: (tenant: string) => Promise<readonly TenantEntry[]>;
  readonly policyOf: (tenant: string) => Promise<TransferPolicy>;
  readonly now: () => Date;
}

export interface GrantedRecipient {
  readonly entry: TenantEntry["entry"];
  readonly decision: Extract<ReleaseDecision, { readonly outcome: "automatic" | "grant" }>;
}

/**
 * The recipient of a scope as the register has it now, and how the fields may go there: whoever grants and whoever opens look at the same.
 * @throws {GrantRefused} `register-changed`: it is not the entry that the scope was made of, `release-refused`: nothing carries it, or not the way that the scope says.
 */
export async function grantedRecipient(scope: TransferScope, { registerOf, policyOf, now }: RecipientParts): Promise<GrantedRecipient> {
  const found = (await registerOf(scope.tenant)).find(({ entry }) => entry.source === scope.recipient.source);
  const { registerVersion, agreementVersion, url } = scope.recipient;
  if (found?.version !== registerVersion || (found.agreementVersion ?? 0) !== agreementVersion || found.entry.handoverUrl !== url)
    throw new GrantRefused("register-changed");
  const decision = decideRelease({
    recipient: found.entry,
    fields: scope.fields as readonly Category[],
    purpose: scope.purpose as ReleasePurpose,
    lawfulBasis: scope.basis as LawfulBasis,
    issuer: null,
    policy: await policyOf(scope.tenant),
    day: now().toISOString().slice(0, 10),
  });
  if (decision.outcome === "token" || decision.outcome === "refused") throw new GrantRefused("release-refused");
  // A derogation has its own rule; a grant that was given without it is none for this.
  if (decision.outcome === "grant" && decision.isDerogation && scope.derogation === null) throw new GrantRefused("release-refused");
  // What people have to decide about is not for the policy alone.
  if (isAutomatic(scope) && decision.outcome !== "automatic") throw new GrantRefused("release-refused");
  return { entry: found.entry, decision };
}

/** Whether the policy grants it by itself: no lane, no emergency, no derogation, nobody's signature. */
export function isAutomatic({ rule }: Pick<TransferScope, "rule">): boolean {
  return rule === "automatic";
}
