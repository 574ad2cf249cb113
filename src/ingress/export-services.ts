import type { ExportReason, ExportRecipient } from "../domain/approval-terms.ts";
import type { ApprovalView } from "./approval-services.ts";
import type { SubjectExport } from "./services.ts";

export interface NewExportInput {
  readonly subject: string;
  readonly recipient: ExportRecipient;
  readonly reason: ExportReason;
  /** In words, for whoever decides; kept sealed. */
  readonly text: string;
  /** Where it stands how the person was recognised; kept sealed. */
  readonly identityCheck: string;
}

/** What is kept about a person, opened for them when somebody else has agreed. */
export interface Exports {
  /** @throws {ProblemError} `no_approvals_yet`, `not_found`: the tenant keeps nothing about such a person. */
  request(tenant: string, requester: string, input: NewExportInput, idempotencyKey: string | null): Promise<ApprovalView>;
  /**
   * Once, for whoever asked. @returns null where there is no such request of the tenant's.
   * @throws {ProblemError} `not_allowed`, `grant_required`: it is not granted yet, `request_closed`, `opening_failed`.
   */
  collect(tenant: string, id: string, requester: string): Promise<SubjectExport | null>;
  /** At once, for an installation that one person operates. @throws {ProblemError} `grant_required`: it is none. */
  standAlone(tenant: string, subject: string): Promise<SubjectExport>;
}
