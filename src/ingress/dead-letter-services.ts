import type { Page } from "./services.ts";

/** What waits for a person. */
export interface DeadLetters {
  /** @param state `waiting`: all that are not dismissed; null: all. */
  page(tenant: string, cursor: string | null, limit: number, state: LetterState | "waiting" | null): Promise<Page<DeadLetterView>>;
  /** Says of letters what is to become of them. @param by who says so. @returns of how many, a thousand at most. */
  triage(tenant: string, filter: Omit<DeadLetterFilter, "as">, decision: LetterDecision, by: string): Promise<number>;
  /**
   * Puts a failed job back into its lane, or takes a quarantined record in anew.
   * @param source who sent the record, where that was not known or wrong; null for the one it came under.
   * @returns null where there is neither; `receipt` of the record that was taken in.
   * @throws {ProblemError}
   */
  retry(tenant: string, id: string, source: string | null): Promise<{ readonly receipt: string | null } | null>;
  /** Those that are not dismissed, or are named. Outbound ones at once; of those in quarantine a bounded number, each by an opener of its own. */
  retryAll(tenant: string, filter: DeadLetterFilter): Promise<RetriedDeadLetters>;
}

export interface DeadLetterView {
  readonly id: string;
  /** `outbound`: a carrier could not be asked. */
  readonly kind: "quarantined" | "failed" | "outbound";
  /** Null where no record is behind it. */
  readonly receipt: string | null;
  readonly source: string;
  readonly code: string | null;
  readonly at: string;
  /** Of `outbound`: which parcel; null where it is the whole account. */
  readonly shipment: string | null;
  /** How often it has failed. */
  readonly failures: number;
  readonly state: LetterState;
  /** What a person said of it; null while it is open. */
  readonly decision: {
    readonly reason: LetterReason;
    readonly reference: string | null;
    /** Id of the API key, or `operator`. */
    readonly by: string;
    readonly at: string;
  } | null;
}

/** `acknowledged`: somebody is at it; it goes on waiting. `dismissed`: nothing is to be done; it waits no more, and stays readable. */
export const letterStates = ["open", "acknowledged", "dismissed"] as const;
export type LetterState = (typeof letterStates)[number];

/** A closed list: texts of people have no place in what everybody sees. */
export const letterReasons = [
  "carrier-fault",
  "our-fault",
  "credential",
  "duplicate",
  "test-data",
  "not-ours",
  "too-old",
  "other",
] as const;
export type LetterReason = (typeof letterReasons)[number];

export interface LetterDecision {
  readonly state: LetterState;
  readonly reason: LetterReason;
  /** A ticket's id or the like. */
  readonly reference: string | null;
}

export interface DeadLetterFilter {
  readonly ids?: readonly string[];
  readonly source?: string;
  readonly code?: string;
  /** Source whose codec is to read what is in quarantine. */
  readonly as?: string;
}

export interface RetriedDeadLetters {
  /** Taken in anew, or to be asked again. */
  readonly retried: number;
  /** In quarantine still, since they do not decode. */
  readonly refused: number;
  /** Others may be left that fit the filter; ask again. */
  readonly more: boolean;
}
