import { askingPerson, decisionSha256, readScope, type Scope, signedDecisions } from "../../approvals/scope.ts";
import type { ApprovalView } from "../../ingress/approval-services.ts";
import type { ApprovalRow, ApprovalStore } from "../../store/approval-store.ts";
import type { ApprovalWords } from "./approval-words.ts";

interface ViewParts {
  readonly store: Pick<ApprovalStore, "decisions" | "derogationUses">;
  readonly words: Pick<ApprovalWords, "open">;
  readonly now: () => number;
}

/** Requests as the API shows them, with what a passkey signs for each decision. */
export class ApprovalViews {
  readonly #store: Pick<ApprovalStore, "decisions" | "derogationUses">;
  readonly #words: Pick<ApprovalWords, "open">;
  readonly #now: () => number;

  constructor({ store, words, now }: ViewParts) {
    this.#store = store;
    this.#words = words;
    this.#now = now;
  }

  async of(row: ApprovalRow): Promise<ApprovalView> {
    const decisions = await this.#store.decisions(row.id);
    const scope = readScope(row.scope);
    const fields: readonly string[] = scope.kind === "change" || scope.kind === "export" ? [] : scope.fields;
    const askedAt = `${new Date(this.#now()).toISOString().slice(0, 19)}Z`;
    const at = (time: Date | null): string | null => time?.toISOString() ?? null;
    return {
      id: row.id,
      kind: row.kind,
      state: row.state,
      flag: fields.includes("name") && fields.includes("street") ? "full-PII outbound" : null,
      tenant: row.tenant,
      requester: row.requester,
      askedBy: askingPerson(scope),
      reason: row.reason,
      words: row.words === null ? null : this.#words.open(row.id, row.words),
      wordsKey: row.words_key?.toString("hex") ?? null,
      rule: row.rule,
      approvalsNeeded: row.needed,
      decisions: decisions.map(({ person, decision, reason, decided_at, refused }) => ({
        person,
        decision,
        reason,
        at: decided_at.toISOString(),
        verified: !refused,
      })),
      scope: row.scope,
      askedAt,
      challenges: challengesOf(row.scope, askedAt),
      lane: row.lane,
      warnings: await this.#warnings(scope),
      requestedAt: row.requested_at.toISOString(),
      approveBy: row.approve_by.toISOString(),
      grantedAt: at(row.granted_at),
      executeBy: at(row.execute_by),
      usedAt: at(row.used_at),
      endedAt: at(row.ended_at),
      outcome: row.outcome,
      answerStatus: row.answer_status,
      review:
        row.review_due_at === null
          ? null
          : { dueAt: row.review_due_at.toISOString(), doneAt: at(row.reviewed_at), outcome: row.review_outcome },
      content: row.content,
    };
  }

  /** Derogations are for what happens now and then (EDPB guidelines 2/2018, section 1), so whoever decides sees how often. */
  async #warnings(scope: Scope): Promise<ApprovalView["warnings"]> {
    if (scope.kind === "change" || scope.kind === "export" || scope.derogation === null) return [];
    return [{ code: "derogation", count: await this.#store.derogationUses(scope.tenant, scope.recipient.source) }];
  }
}

function challengesOf(scope: string, askedAt: string): ApprovalView["challenges"] {
  const challenges = signedDecisions.map((decision) => [decision, decisionSha256(scope, decision, askedAt).toString("base64url")]);
  return Object.fromEntries(challenges) as ApprovalView["challenges"];
}
