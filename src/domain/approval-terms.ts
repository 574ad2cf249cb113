/** What a person can be asked to approve. */
export const approvalKinds = ["transfer", "lane", "change", "export"] as const;
export type ApprovalKind = (typeof approvalKinds)[number];

/** States of a request; `approvals/request-state.ts` draws how they follow each other. */
export const requestStates = [
  "requested",
  "approved",
  "denied",
  "vetoed",
  "withdrawn",
  "expired",
  "granted",
  "execution-expired",
  "opening",
  "delivered",
  "failed",
  "unknown",
] as const;
export type RequestStateName = (typeof requestStates)[number];

/** Why personal data is to leave; a text goes with it, sealed. */
export const transferReasons = [
  "carrier-needs-address",
  "customs-demand",
  "delivery-problem",
  "return-to-sender",
  "claim-handling",
  "recipient-request",
  "legal-demand",
  "emergency",
] as const;
export type TransferReason = (typeof transferReasons)[number];

/** Why what is kept about a person is to be opened for them: GDPR, articles 15 and 20, or a duty to tell. */
export const exportReasons = ["access-request", "portability-request", "legal-demand"] as const;
export type ExportReason = (typeof exportReasons)[number];

/** Who gets it from whoever collects it. */
export const exportRecipients = ["data-subject", "data-protection-officer"] as const;
export type ExportRecipient = (typeof exportRecipients)[number];

export const changeReasons = ["first-setup", "staff-change", "new-contract", "policy-review", "incident", "correction"] as const;
export type ChangeReason = (typeof changeReasons)[number];

export const denialReasons = ["no-need", "wrong-scope", "basis-insufficient", "recipient-not-trusted", "not-verified", "other"] as const;
export type DenialReason = (typeof denialReasons)[number];

/** What an independent reviewer finds of a use of break-glass. A breach begins the clock of GDPR article 33, which is the controller's to run. */
export const reviewOutcomes = ["justified", "not-justified", "breach"] as const;
export type ReviewOutcome = (typeof reviewOutcomes)[number];

/** GDPR article 49(1), first subparagraph. */
export const derogations = ["a", "b", "c", "d", "e", "f", "g"] as const;
export type Derogation = (typeof derogations)[number];

/** What stands behind a lawful basis: a clause of the contract, the record of a consent, or a derogation with the record of its assessment. The reference is sealed with the reason's text. */
export type EvidenceKind = "contract-clause" | "consent-record" | "article-49" | "assessment";
