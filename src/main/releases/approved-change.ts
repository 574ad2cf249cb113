import { readPolicy } from "../../approvals/policy.ts";
import { type ChangeScope, readScope } from "../../approvals/scope.ts";
import type { ApprovalRow } from "../../store/approval-store.ts";
import { numberReuseDays } from "../../process/retain.ts";
import { contentSha256 } from "./content-digest.ts";
import { isRegisterEntry } from "../outbound/register-files.ts";

/** Whether content is what a change of its kind brings. */
export function isContentOf(change: ChangeScope["change"], recipient: string | null, content: unknown): boolean {
  switch (change) {
    case "approval-policy":
      try {
        readPolicy(content);
        return true;
      } catch {
        return false;
      }
    case "register":
      return typeof content === "object" && content !== null && isRegisterEntry(content) && content.source === recipient;
    case "retention":
      return isRetention(content);
    case "agreement":
    case "transfer-policy":
      // Their forms are the API's; a database function looks at what they name.
      return typeof content === "object" && content !== null;
  }
}

const retentionMax: Readonly<Record<string, number>> = { auditDays: 36_500, personalDays: numberReuseDays, textDays: numberReuseDays };

/** Some of the terms, each in whole days. */
function isRetention(content: unknown): boolean {
  if (typeof content !== "object" || content === null) return false;
  const terms = Object.entries(content);
  return (
    terms.length > 0 &&
    terms.every(([name, days]) => {
      const most = retentionMax[name];
      return most !== undefined && typeof days === "number" && Number.isInteger(days) && days > 0 && days <= most;
    })
  );
}

/** Why an approved change is not applied: its content is not what was signed, or none of its kind. Null where it may be. */
export function whyNotApplied({ scope: text, content }: Pick<ApprovalRow, "scope" | "content">): string | null {
  try {
    const scope = readScope(text);
    if (scope.kind !== "change") return "no-such-change";
    if (contentSha256(content) !== scope.sha256) return "content-changed";
    return isContentOf(scope.change, scope.recipient, content) ? null : "content-unfit";
  } catch {
    return "content-unfit";
  }
}
