import { type ExportScope, readScope, scopeSha256 } from "../../approvals/scope.ts";
import type { ExportRow, ExportUse } from "../../store/export-use.ts";
import { type OpenedSubject, OpenerError } from "../../vault/opening.ts";
import { GrantRefused, refuseIfOver, refuseUnlessApproved, type SignedBy, standingApprovals, trustedPolicies } from "./signed-grant.ts";

/** Everything that an export touches outside this process. */
export interface ExportParts {
  readonly use: Pick<ExportUse, "read" | "use" | "refuse" | "end"> & SignedBy;
  /** Waits until the entry stands under a signed head of the log. */
  readonly isLogged: (entry: string) => Promise<boolean>;
  /** Opens what is kept about the subject of a grant that is in use. @throws {OpenerError} @throws {KeyError} */
  readonly open: (grant: string, tenant: string) => Promise<OpenedSubject>;
  readonly now: () => Date;
}

/**
 * Opens what is kept about a person under a granted request: looks at what was signed, uses the grant up, waits until the log says so, and looks once more. What was opened is the answer, which whoever
 * collects gets once: a grant whose answer is lost is over all the same.
 * @throws {OpenerError} `not-permitted`: nobody has approved this, `used`, `unavailable`: the log was not reached; nothing was opened.
 */
export async function carryOutExport(grant: string, parts: ExportParts): Promise<OpenedSubject> {
  const row = await parts.use.read(grant);
  if (row === null) throw new OpenerError("not-permitted", "there is no such grant");
  const scope = await checkedScope(row, parts).catch(async (error: unknown) => {
    if (!(error instanceof GrantRefused)) throw error;
    await parts.use.refuse(grant, error.code);
    throw new OpenerError("not-permitted", "the grant does not stand");
  });
  const entry = await parts.use.use(grant, scopeSha256(row.scope));
  if (entry === null) throw new OpenerError("used", "the grant was used, or its time is over");
  const end = (state: "delivered" | "failed", outcome: string, opened: number) =>
    parts.use.end(grant, { state, outcome, status: null, bytes: 0, opened });
  try {
    if (!(await parts.isLogged(entry))) throw new OpenerError("unavailable", "the log does not have the intent in time");
    await checkedScope(row, parts);
    const opened = await parts.open(grant, scope.tenant);
    await end("delivered", "handed-out", opened.purpose === "access-export" ? opened.values.length : 0);
    return opened;
  } catch (error) {
    await end("failed", outcomeOf(error), 0);
    if (error instanceof GrantRefused) throw new OpenerError("not-permitted", "the grant stands no longer");
    throw error;
  }
}

function outcomeOf(error: unknown): string {
  if (error instanceof GrantRefused) return error.code;
  if (error instanceof OpenerError) return error.code === "unavailable" ? "log-unreachable" : error.code;
  return "does-not-open";
}

/** @throws {GrantRefused} */
async function checkedScope(row: ExportRow, { use, now }: ExportParts): Promise<ExportScope> {
  const scope = exportScope(row);
  refuseIfOver(scope, now());
  const policies = await trustedPolicies(use);
  refuseUnlessApproved(row.scope, scope, policies, await standingApprovals(row.approvals, use));
  return scope;
}

function exportScope({ id, scope: text }: ExportRow): ExportScope {
  try {
    const scope = readScope(text);
    if (scope.kind === "export" && scope.request === id) return scope;
  } catch {
    // It is none, which is what is said below.
  }
  throw new GrantRefused("scope-changed");
}
