import { hash, randomUUID } from "node:crypto";
import type { Assertion } from "../../approvals/assertion.ts";
import { signerOf } from "../../approvals/evidence.ts";
import { readPolicy } from "../../approvals/policy.ts";
import {
  askedAheadMs,
  type ChangeScope,
  decisionSha256,
  type LaneScope,
  readScope,
  type SignedDecision,
  signedWithinMs,
  type TransferScope,
} from "../../approvals/scope.ts";
import { canonicalJson, type CanonicalValue } from "../../audit/canonical-json.ts";
import type { RegisterEntry } from "../../domain/register-entry.ts";
import { decideRelease, type TransferPolicy } from "../../domain/release-decision.ts";
import type { ApprovalKind, ReviewOutcome } from "../../domain/approval-terms.ts";
import type { VerifyPasskeySignature } from "../../domain/passkey.ts";
import type {
  Approvals,
  ApprovalView,
  BasisEvidence,
  Decision,
  LaneTransferInput,
  NewChangeInput,
  NewLaneInput,
  NewTransferInput,
  SignedAnswer,
} from "../../ingress/approval-services.ts";
import { type ProblemCode, ProblemError } from "../../ingress/problems.ts";
import type { Page } from "../../ingress/services.ts";
import type { ApprovalRow, ApprovalStore, DecisionOutcome } from "../../store/approval-store.ts";
import type { TenantEntry } from "../../store/register-store.ts";
import { ApprovalViews } from "./approval-views.ts";
import { isContentOf } from "../releases/approved-change.ts";
import type { GrantedRecipient } from "../releases/granted-recipient.ts";
import { contentSha256 } from "../releases/content-digest.ts";
import type { ApprovalWords } from "./approval-words.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { uuidOf } from "./same-request.ts";
import { nonce, scopeText, TakingRequests } from "./taking-requests.ts";

export interface FrontApprovalParts {
  readonly store: ApprovalStore;
  readonly registerOf: (tenant: string) => Promise<readonly TenantEntry[]>;
  readonly policyOf: (tenant: string) => Promise<TransferPolicy>;
  readonly words: ApprovalWords;
  /** False for a passkey or a person that the operators have let go since the policy named them. */
  readonly isLivePasskeyOf: (asked: Parameters<VerifyPasskeySignature>[0]) => Promise<boolean>;
  readonly now: () => number;
}

const problemOfDecision: Readonly<Partial<Record<DecisionOutcome, ProblemCode>>> = {
  "own-request": "own_request",
  "not-an-approver": "not_an_approver",
  "decided-before": "decided_before",
  "not-open": "request_closed",
  "not-found": "not_found",
};

const problemOfLane: Readonly<Record<string, ProblemCode>> = { "not-open": "request_closed", "quota-spent": "quota_spent" };

const problemOfHolder: Readonly<Record<string, ProblemCode>> = {
  "not-a-holder": "not_a_holder",
  "review-overdue": "review_overdue",
  "own-request": "own_request",
  "not-an-approver": "not_an_approver",
  "not-open": "request_closed",
  "not-found": "not_found",
};

/** A standing lane is looked at anew every year. */
const laneLifeMaxMs = 366 * 24 * 60 * 60_000;

/** Requests and decisions as the API has them. It writes down what was asked and signed; whoever grants looks at it again. */
export class FrontApprovals implements Approvals {
  readonly #parts: FrontApprovalParts;
  readonly #views: ApprovalViews;
  readonly #taking: TakingRequests;

  constructor(parts: FrontApprovalParts) {
    this.#parts = parts;
    this.#taking = new TakingRequests(parts);
    this.#views = new ApprovalViews(parts);
  }

  async requestTransfer(tenant: string, requester: string, input: NewTransferInput, idempotencyKey: string | null): Promise<ApprovalView> {
    const inForce = await this.#taking.policy();
    const recipient = await this.#recipient(tenant, input.recipient);
    const decision = await this.#refuseUnlessGrantable(tenant, recipient.entry, input);
    const isAutomatic = decision.outcome === "automatic";
    if (isAutomatic && input.breakGlass === true)
      throw new ProblemError("invalid_field", { errors: [{ pointer: "#/breakGlass", detail: "nobody has to approve this" }] });
    const fields = input.fields.toSorted();
    const tokens = await this.#parts.store.shipmentTokens(tenant, input.shipment, fields);
    if (tokens === null) throw new ProblemError("fields_missing");
    const { common, sealed } = await this.#taking.begin(tenant, requester, inForce, { reason: input.reason, words: wordsOf(input) });
    const scope: TransferScope = {
      ...common,
      kind: "transfer",
      tenant,
      rule: isAutomatic ? "automatic" : decision.isDerogation ? "derogation" : "transfer",
      executeSeconds: inForce.policy.executionMinutes * 60,
      shipment: input.shipment,
      fields,
      tokens,
      recipient: recipient.scope,
      purpose: input.purpose,
      basis: input.basis,
      derogation: derogationOf(input.evidence),
      lane: null,
      breakGlass: input.breakGlass === true,
    };
    const { store } = this.#parts;
    const { country } = recipient.entry;
    return this.#views.of(
      await this.#taking.take(scope, sealed, idempotencyKey, (taken) =>
        isAutomatic ? store.requestAutomatic({ ...taken, country }) : store.request({ ...taken, country, content: null }),
      ),
    );
  }

  async requestLane(tenant: string, requester: string, input: NewLaneInput, idempotencyKey: string | null): Promise<ApprovalView> {
    const endsAt = Date.parse(input.endsAt);
    const now = this.#parts.now();
    if (!(endsAt > now && endsAt <= now + laneLifeMaxMs))
      throw new ProblemError("invalid_field", { errors: [{ pointer: "#/endsAt", detail: "must be within a year from now" }] });
    const inForce = await this.#taking.policy();
    const recipient = await this.#recipient(tenant, input.recipient);
    await this.#refuseUnlessGrantable(tenant, recipient.entry, input);
    const { common, sealed } = await this.#taking.begin(tenant, requester, inForce, { reason: input.reason, words: wordsOf(input) });
    const scope: LaneScope = {
      ...common,
      kind: "lane",
      tenant,
      rule: "lane",
      fields: input.fields.toSorted(),
      recipient: recipient.scope,
      purpose: input.purpose,
      basis: input.basis,
      derogation: derogationOf(input.evidence),
      quotaPerDay: input.quotaPerDay,
      endsAt: new Date(endsAt).toISOString(),
    };
    const { country } = recipient.entry;
    return this.#views.of(
      await this.#taking.take(scope, sealed, idempotencyKey, (taken) => this.#parts.store.request({ ...taken, country, content: null })),
    );
  }

  async transferUnderLane(
    tenant: string,
    requester: string,
    { lane: id, shipment }: LaneTransferInput,
    idempotencyKey: string | null,
  ): Promise<ApprovalView | null> {
    const row = await this.#row(tenant, "lane", id);
    if (row === null) return null;
    const lane = readScope(row.scope) as LaneScope;
    const { version, policy } = await this.#taking.policy();
    const tokens = await this.#parts.store.shipmentTokens(tenant, shipment, lane.fields);
    if (tokens === null) throw new ProblemError("fields_missing");
    const { quotaPerDay: _quota, endsAt: _endsAt, ...common } = lane;
    const scope: TransferScope = {
      ...common,
      kind: "transfer",
      request: randomUUID(),
      requester,
      person: await this.#parts.store.personWhoAsks(tenant, requester),
      policy: version,
      approveBy: lane.endsAt,
      executeSeconds: policy.executionMinutes * 60,
      nonce: nonce(),
      shipment,
      tokens,
      lane: id,
      breakGlass: false,
    };
    const { outcome, id: made } = await this.#parts.store.underLane(
      scopeText(scope),
      idempotencyKey === null ? null : uuidOf(`${tenant}|${id}|${idempotencyKey}`),
    );
    if (made === null) throw new ProblemError(problemOfLane[outcome] ?? "changed_meanwhile");
    return this.#views.of(await this.#taking.taken(scope, made, outcome === "repeated"));
  }

  async requestChange(
    tenant: string | null,
    requester: string,
    input: NewChangeInput,
    idempotencyKey: string | null,
  ): Promise<ApprovalView> {
    const inForce = await this.#taking.policy();
    const { change, content, reason, text } = input;
    const recipient = change === "agreement" || change === "register" ? (input.recipient ?? null) : null;
    const isMissing = recipient === null && (change === "agreement" || change === "register");
    if (isMissing) throw new ProblemError("invalid_field", { errors: [{ pointer: "#/recipient", detail: "must be named" }] });
    if (!isContentOf(change, recipient, content))
      throw new ProblemError("invalid_field", { errors: [{ pointer: "#/content", detail: "is not what this change brings" }] });
    const { common, sealed } = await this.#taking.begin(tenant, requester, inForce, { reason, words: { text } });
    const scope: ChangeScope = {
      ...common,
      kind: "change",
      tenant,
      rule: "change",
      change,
      recipient,
      sha256: contentSha256(content),
    };
    return this.#views.of(
      await this.#taking.take(scope, sealed, idempotencyKey, (taken) => this.#parts.store.request({ ...taken, country: null, content })),
    );
  }

  async breakGlass(id: string, given: SignedAnswer, by: string | null): Promise<ApprovalView | null> {
    const row = await this.#row(null, "transfer", id);
    if (row === null) return null;
    const { person, assertion, sha256 } = await this.#signed(row, row.policy, "break-glass", given, by);
    const outcome = await inTime(this.#parts.store.breakGlass({ request: id, person, evidence: assertion, evidenceSha256: sha256 }));
    const problem = problemOfHolder[outcome];
    if (problem !== undefined) throw new ProblemError(problem);
    return this.get(null, "transfer", id);
  }

  async review(id: string, found: ReviewOutcome, given: SignedAnswer, by: string | null): Promise<ApprovalView | null> {
    const row = await this.#row(null, "transfer", id);
    if (row === null) return null;
    const { person, assertion } = await this.#signed(row, null, `review ${found}`, given, by);
    const problem = problemOfHolder[await inTime(this.#parts.store.claimReview(id, person, found, assertion))];
    if (problem !== undefined) throw new ProblemError(problem);
    return this.get(null, "transfer", id);
  }

  async list(
    tenant: string | null,
    kind: ApprovalKind,
    { state, cursor, limit }: Parameters<Approvals["list"]>[2],
  ): Promise<Page<ApprovalView>> {
    const rows = await this.#parts.store.page(tenant, kind, state, readCursor(cursor), limit);
    const last = rows.at(-1);
    return {
      items: await Promise.all(rows.map((row) => this.#views.of(row))),
      next: rows.length < limit || last === undefined ? null : writeCursor({ at: last.requested_at, id: last.id }),
    };
  }

  async get(tenant: string | null, kind: ApprovalKind, id: string): Promise<ApprovalView | null> {
    const row = await this.#row(tenant, kind, id);
    return row === null ? null : this.#views.of(row);
  }

  async decide(kind: ApprovalKind, id: string, given: Decision, by: string | null): Promise<ApprovalView | null> {
    const row = await this.#row(null, kind, id);
    if (row === null) return null;
    const { decision } = given;
    const { person, assertion, sha256 } = await this.#signed(row, row.policy, decision, given, by);
    const outcome = await inTime(
      this.#parts.store.decide({
        request: id,
        person,
        decision,
        reason: given.decision === "approve" ? null : given.reason,
        evidence: assertion,
        evidenceSha256: sha256,
      }),
    );
    const problem = problemOfDecision[outcome];
    if (problem !== undefined) throw new ProblemError(problem);
    return this.get(null, kind, id);
  }

  async withdraw(tenant: string | null, kind: ApprovalKind, id: string, requester: string): Promise<ApprovalView | null> {
    if ((await this.#row(tenant, kind, id)) === null) return null;
    const problem = problemOfDecision[await this.#parts.store.withdraw(tenant, id, requester)];
    if (problem !== undefined) throw new ProblemError(problem);
    return this.get(tenant, kind, id);
  }

  async policy(): ReturnType<Approvals["policy"]> {
    const row = await this.#parts.store.policy(null);
    return row === null ? null : { version: row.version, validFrom: row.valid_from.toISOString(), content: row.content };
  }

  async retention(): ReturnType<Approvals["retention"]> {
    const { audit = null, personal = null, text = null } = await this.#parts.store.retention();
    return { auditDays: audit, personalDays: personal, textDays: text };
  }

  /** Who signed it, by the policy's own keys. @param version of the policy; null for the newest. @throws {ProblemError} `signed_too_late`, `not_verified` */
  async #signed(
    { scope }: Pick<ApprovalRow, "scope">,
    version: number | null,
    decision: SignedDecision,
    { passkey, askedAt }: SignedAnswer,
    by: string | null,
  ) {
    const ageMs = this.#parts.now() - Date.parse(askedAt);
    if (!(ageMs < signedWithinMs && ageMs >= -askedAheadMs)) throw new ProblemError("signed_too_late");
    const { clientDataJSON, authenticatorData, signature } = passkey.response;
    const assertion: Assertion = { credential: passkey.id, clientDataJSON, authenticatorData, signature, askedAt };
    const policy = await this.#parts.store.policy(version);
    const person = policy === null ? null : signerOf(assertion, scope, decision, readPolicy(policy.content));
    // A session of one person does not hand in what another has signed.
    if (person === null || (by !== null && by !== person)) throw new ProblemError("not_verified");
    const challenge = decisionSha256(scope, decision, askedAt);
    if (!(await this.#parts.isLivePasskeyOf({ person, challenge, response: passkey }))) throw new ProblemError("not_verified");
    return { person, assertion, sha256: hash("sha256", canonicalJson({ ...assertion }), "hex") };
  }

  async #row(tenant: string | null, kind: ApprovalKind, id: string): Promise<ApprovalRow | null> {
    const row = await this.#parts.store.get(tenant, id);
    return row?.kind === kind ? row : null;
  }

  async #recipient(tenant: string, source: string): Promise<{ readonly entry: RegisterEntry; readonly scope: TransferScope["recipient"] }> {
    const found = (await this.#parts.registerOf(tenant)).find(({ entry }) => entry.source === source);
    if (found === undefined) throw new ProblemError("unknown_source");
    const { entry, version, agreementVersion } = found;
    const url = entry.handoverUrl ?? null;
    if (url === null) throw new ProblemError("no_handover");
    return { entry, scope: { source, registerVersion: version, agreementVersion: agreementVersion ?? 0, url } };
  }

  /** @returns how it may go. @throws {ProblemError} where it may not, or its evidence is not that of the way. */
  async #refuseUnlessGrantable(
    tenant: string,
    recipient: RegisterEntry,
    { fields, purpose, basis, evidence }: Pick<NewTransferInput, "fields" | "purpose" | "basis" | "evidence">,
  ): Promise<GrantedRecipient["decision"]> {
    const day = new Date(this.#parts.now()).toISOString().slice(0, 10);
    const policy = await this.#parts.policyOf(tenant);
    const decision = decideRelease({ recipient, fields, purpose, lawfulBasis: basis, issuer: null, policy, day });
    if (decision.outcome === "token" || decision.outcome === "refused") throw new ProblemError("release_refused");
    const isDerogation = decision.outcome === "grant" && decision.isDerogation;
    if (isDerogation !== (evidence.kind === "article-49"))
      throw new ProblemError("invalid_field", {
        errors: [
          { pointer: "#/evidence/kind", detail: isDerogation ? "article 49 alone carries this" : "article 49 is not what carries this" },
        ],
      });
    if (basis === "consent" && !isDerogation && evidence.kind !== "consent-record")
      throw new ProblemError("invalid_field", { errors: [{ pointer: "#/evidence/kind", detail: "consent has a record" }] });
    return decision;
  }
}

/** PKA03 of migration 0043: the database's clock says so too. */
async function inTime<Result>(decided: Promise<Result>): Promise<Result> {
  return decided.catch((error: unknown) => {
    throw (error as { code?: unknown }).code === "PKA03" ? new ProblemError("signed_too_late") : error;
  });
}

function derogationOf(evidence: BasisEvidence) {
  return evidence.kind === "article-49" ? evidence.letter : null;
}

function wordsOf({ text, evidence }: Pick<NewTransferInput, "text" | "evidence">): CanonicalValue {
  return { text, evidence: evidence as CanonicalValue };
}
