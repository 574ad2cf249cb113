import { askingPerson, type ExportScope, readScope } from "../../approvals/scope.ts";
import type { ApprovalView } from "../../ingress/approval-services.ts";
import type { Exports, NewExportInput } from "../../ingress/export-services.ts";
import { type ProblemCode, ProblemError } from "../../ingress/problems.ts";
import type { SubjectExport } from "../../ingress/services.ts";
import type { ApprovalRow, ApprovalStore } from "../../store/approval-store.ts";
import { type ExportOpening, OpenerError, type OpenerErrorCode, type OpenSubject } from "../../vault/opening.ts";
import { ApprovalViews } from "./approval-views.ts";
import type { ApprovalWords } from "./approval-words.ts";
import { TakingRequests } from "./taking-requests.ts";

export interface FrontExportParts {
  readonly store: ApprovalStore;
  readonly words: ApprovalWords;
  readonly open: OpenSubject;
  readonly now: () => number;
}

/** Whoever asked has a day to come for it. */
const collectSeconds = 24 * 60 * 60;

const problemOfOpener: Readonly<Record<OpenerErrorCode, ProblemCode>> = {
  "not-permitted": "grant_required",
  "too-much": "export_too_large",
  expired: "opening_failed",
  used: "request_closed",
  unavailable: "opening_failed",
  failed: "opening_failed",
};

/** Access exports: taken down here like other requests, granted by who looks at signatures, opened by an opener for whoever asked. */
export class FrontExports implements Exports {
  readonly #parts: FrontExportParts;
  readonly #views: ApprovalViews;
  readonly #taking: TakingRequests;

  constructor(parts: FrontExportParts) {
    this.#parts = parts;
    this.#taking = new TakingRequests(parts);
    this.#views = new ApprovalViews(parts);
  }

  async request(tenant: string, requester: string, input: NewExportInput, idempotencyKey: string | null): Promise<ApprovalView> {
    const inForce = await this.#taking.policy();
    const evidence = { kind: "identity-check", reference: input.identityCheck };
    const { common, sealed } = await this.#taking.begin(tenant, requester, inForce, {
      reason: input.reason,
      words: { text: input.text, evidence },
    });
    const scope: ExportScope = {
      ...common,
      kind: "export",
      tenant,
      rule: "transfer",
      executeSeconds: collectSeconds,
      subject: input.subject,
      recipient: input.recipient,
    };
    return this.#views.of(await this.#taking.take(scope, sealed, idempotencyKey, (taken) => this.#parts.store.requestExport(taken)));
  }

  async collect(tenant: string, id: string, requester: string): Promise<SubjectExport | null> {
    const row = await this.#parts.store.get(tenant, id);
    if (row === null || row.kind !== "export") return null;
    const scope = readScope(row.scope) as ExportScope;
    if (!(await this.#isAsker(tenant, scope, requester))) throw new ProblemError("not_allowed");
    return this.#opened({ tenant, approved: grantOf(row), purpose: "access-export" }, scope.subject);
  }

  standAlone(tenant: string, subject: string): Promise<SubjectExport> {
    return this.#opened({ tenant, subject, purpose: "stand-alone-export" }, subject);
  }

  /** The same key or person, or another key of the same person's. */
  async #isAsker(tenant: string, scope: ExportScope, caller: string): Promise<boolean> {
    if (caller === scope.requester) return true;
    const person = await this.#parts.store.personWhoAsks(tenant, caller);
    return person !== null && person === askingPerson(scope);
  }

  async #opened(request: ExportOpening, subject: string): Promise<SubjectExport> {
    try {
      const opened = await this.#parts.open(request);
      if (opened.purpose !== "access-export") throw new ProblemError("opening_failed");
      return { subject, values: opened.values, refused: opened.refused };
    } catch (error) {
      if (error instanceof OpenerError) throw new ProblemError(problemOfOpener[error.code]);
      throw error;
    }
  }
}

function grantOf({ state, grant_id: grant }: ApprovalRow): string {
  if (state === "requested" || state === "approved") throw new ProblemError("grant_required");
  if (state !== "granted" || grant === null) throw new ProblemError("request_closed");
  return grant;
}
