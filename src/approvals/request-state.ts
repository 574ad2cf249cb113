import { type GroupsOf, isQuorum, mayDecide, type Rule } from "./rule.ts";

/*
 * The states of a request:
 *
 *                      ┌─ deny ──► denied
 *                      ├─ withdraw ─► withdrawn          (until it is used)
 *                      ├─ veto ──► vetoed                (until it is used)
 *                      ├─ approval clock ──► expired
 *   requested ─ quorum ─► approved ─ evidence verified ─► granted ─ use ─► opening ─┬─► delivered
 *       ▲                    │                              │                       ├─► failed      nothing arrived
 *       └── evidence refused ┘                              │                       └─► unknown     it may have arrived
 *                                                           └─ execution clock ──► execution-expired     (late word: unknown ─► delivered, failed)
 *
 * Two clocks: until `approveBy` it has to be granted; then a grant is good for `executeMs`. A moment that a clock names is over. Time that goes backwards gives nothing back:
 * what a request has seen is its earliest now.
 *
 * `requested` to `approved` is what was said to the front; `granted` says that a process which faces nobody has verified the signatures behind it. Use is the one step that opens:
 * it happens once, and its outcome is known or is called unknown.
 *
 * The database holds requests to the same steps (migration 0024); a test runs both side by side.
 */
export type RequestState =
  | { readonly state: "requested" | "approved"; readonly approvals: readonly string[] }
  | { readonly state: "denied" | "vetoed"; readonly by: string }
  | { readonly state: "withdrawn" | "expired" | "execution-expired" }
  | { readonly state: "granted"; readonly executeBy: number }
  | { readonly state: "opening" | "delivered" | "failed" | "unknown" };

export interface RequestTerms {
  /** Null where nobody is known to have asked. */
  readonly requester: string | null;
  readonly rule: Rule;
  readonly groupsOf: GroupsOf;
  /** Epoch milliseconds. */
  readonly approveBy: number;
  readonly executeMs: number;
}

export type RequestStep =
  | { readonly step: "approve" | "deny" | "veto"; readonly person: string }
  | { readonly step: "withdraw" }
  /** @param refused persons whose evidence does not verify. */
  | { readonly step: "grant"; readonly refused: readonly string[] }
  | { readonly step: "use" }
  | { readonly step: "end"; readonly outcome: "delivered" | "failed" | "unknown" }
  /** Nothing but time. */
  | { readonly step: "look" };

/**
 * Why a step is not taken. `own-request`: whoever asks does not decide. `not-an-approver`: in none of the rule's groups. `decided-before`: by the same person. `not-open`: the
 * request is in another state, by its end, its clock, or since the step was taken.
 */
export type StepRefusal = "own-request" | "not-an-approver" | "decided-before" | "not-open";

/** @returns the state after the step, or why there is none; time is looked at first. */
export function nextState(terms: RequestTerms, before: RequestState, step: RequestStep, now: number): RequestState | StepRefusal {
  const current = stateAt(terms, before, now);
  switch (step.step) {
    case "look":
      return current;
    case "approve":
    case "deny":
    case "veto":
      return decided(terms, current, step.step, step.person);
    case "withdraw":
      return isUsable(current) ? { state: "withdrawn" } : "not-open";
    case "grant":
      if (current.state !== "approved") return "not-open";
      return granted(terms, current.approvals, step.refused, now);
    case "use":
      return current.state === "granted" ? { state: "opening" } : "not-open";
    case "end":
      if (current.state === "opening" || (current.state === "unknown" && step.outcome !== "unknown")) return { state: step.outcome };
      return "not-open";
  }
}

/** What time alone has made of a state. */
export function stateAt(terms: RequestTerms, state: RequestState, now: number): RequestState {
  if ((state.state === "requested" || state.state === "approved") && now >= terms.approveBy) return { state: "expired" };
  if (state.state === "granted" && now >= state.executeBy) return { state: "execution-expired" };
  return state;
}

function decided(
  { requester, rule, groupsOf }: RequestTerms,
  current: RequestState,
  decision: "approve" | "deny" | "veto",
  person: string,
): RequestState | StepRefusal {
  if (!isUsable(current)) return "not-open";
  if (person === requester) return "own-request";
  if (!mayDecide(rule, groupsOf, person)) return "not-an-approver";
  if (decision === "veto") return { state: "vetoed", by: person };
  if (current.state !== "requested") return "not-open";
  if (decision === "deny") return { state: "denied", by: person };
  if (current.approvals.includes(person)) return "decided-before";
  const approvals = [...current.approvals, person];
  return { state: isQuorum(rule, groupsOf, requester, approvals) ? "approved" : "requested", approvals };
}

function granted(terms: RequestTerms, approvals: readonly string[], refused: readonly string[], now: number): RequestState {
  const verified = approvals.filter((person) => !refused.includes(person));
  if (!isQuorum(terms.rule, terms.groupsOf, terms.requester, verified)) return { state: "requested", approvals: verified };
  return { state: "granted", executeBy: now + terms.executeMs };
}

function isUsable({ state }: RequestState): boolean {
  return state === "requested" || state === "approved" || state === "granted";
}
