import type { SealGroup, TokenClaim } from "../vault/tokenise.ts";

/** One request on its way to the durable commit, as the accepting thread hands it over. */
export interface PendingRecord {
  readonly id: Uint8Array;
  readonly dedupe: Uint8Array;
  readonly content: Uint8Array;
  readonly tenant: string;
  readonly endpoint: string;
  readonly source: string;
  readonly receivedAt: number;
  readonly failure: string;
  /** What is sealed as the raw record: see `raw-envelope.ts`. */
  readonly raw: Uint8Array;
  readonly messages: readonly string[];
  readonly lanes: readonly number[];
  readonly groups: readonly SealGroup[];
  readonly claims: readonly TokenClaim[];
}

export interface CommitRequest {
  readonly number: number;
  readonly records: readonly PendingRecord[];
}

/** What became of a batch; one outcome per record, in order. */
export interface CommitReply {
  readonly number: number;
  readonly outcomes: readonly CommitOutcome[];
  /** Values whose token is settled: blind index (latin-1), token, subject. */
  readonly settled: readonly (readonly [string, string, string])[];
  readonly sealMs: number;
  readonly commitMs: number;
}

export type CommitOutcome =
  | { readonly state: "committed" }
  /** Received before; `content` tells whether the body was the same. */
  | { readonly state: "duplicate"; readonly receipt: string; readonly content: string }
  | { readonly state: "failed"; readonly code: string };
