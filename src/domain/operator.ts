/** What an operator may do. A person can have several; `approver` only approves where a group of approvers has them too. */
export const operatorRoles = ["viewer", "operator", "approver", "security_officer", "auditor"] as const;
export type OperatorRole = (typeof operatorRoles)[number];

/** A natural person who is signed in. */
export interface Operator {
  /** Id of the person, the same whichever account or passkey they came in with: compare this where two people are needed. */
  readonly person: string;
  /** As they are now; a change of them ends the session. */
  readonly roles: ReadonlySet<OperatorRole>;
  /** Id of the session, which opens nothing. */
  readonly session: string;
}
