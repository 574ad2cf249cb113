import type { Category } from "../domain/category.ts";
import type { KeyError } from "./keys/provider.ts";

/** What a process asks whoever starts openers for. Whether it may be opened the opener finds out itself. */
export type OpeningRequest = SubjectOpening | RecordOpening | TransferOpening | ExportOpening;

export interface SubjectOpening {
  readonly tenant: string;
  readonly subject: string;
  /** Whether anything still opens, and nothing of what. */
  readonly purpose: "erasure-probe";
}

/** Everything that is kept about a person: under an approved grant, which says of whom; or for the one who operates an installation alone, which the database has to know. */
export type ExportOpening =
  | { readonly tenant: string; readonly approved: string; readonly purpose: "access-export" }
  | { readonly tenant: string; readonly subject: string; readonly purpose: "stand-alone-export" };

/** A record in quarantine, to be taken in anew. */
export interface RecordOpening {
  readonly tenant: string;
  /** UUID. */
  readonly record: string;
  readonly purpose: "replay";
}

/** Fields of a shipment, for a recipient: what and for whom stands in the approved grant, which the opener reads and checks itself. */
export interface TransferOpening {
  readonly tenant: string;
  /** UUID of the grant. */
  readonly approved: string;
  readonly purpose: "transfer";
}

/**
 * What an opener is started for: one subject or record of one tenant, one purpose, until a time. It opens nothing else and ends when it has answered.
 * Wherever somebody gets to see what is opened, the opener looks at who has approved it.
 */
export type OpeningGrant = OpeningRequest & GrantTerms;
export type SubjectGrant = SubjectOpening & GrantTerms;

interface GrantTerms {
  /** UUID; used once. */
  readonly id: string;
  /** Epoch milliseconds; an opener that is started later refuses. */
  readonly expiresAt: number;
}

/** One value that was opened. */
export interface OpenedValue {
  readonly token: string;
  readonly category: Category;
  /** UUID of the record that brought it. */
  readonly record: string;
  readonly value: string;
}

/** What the opener answers with, over its pipe. `refused` counts what did not open, by reason. */
export type Opened =
  | { readonly purpose: "access-export"; readonly values: readonly OpenedValue[]; readonly refused: Readonly<Record<string, number>> }
  | { readonly purpose: "erasure-probe"; readonly opened: number; readonly refused: Readonly<Record<string, number>> }
  | {
      readonly purpose: "replay";
      readonly contentType: string;
      readonly contentEncoding: string;
      /** As received, in base64. */
      readonly body: string;
    }
  /** What was opened went to its recipient and to nobody else; the outcome is a code. */
  | { readonly purpose: "transfer"; readonly state: "delivered" | "failed" | "unknown" | "not-used"; readonly outcome: string };

/** What is opened of a subject. */
export type OpenedSubject = Exclude<Opened, { purpose: "replay" | "transfer" }>;

/** Has an opener started for this one request and gives its answer. @throws {OpenerError} */
export type OpenSubject = (request: OpeningRequest) => Promise<Opened>;

export const openerErrorCodes = [
  /** Nobody has approved it. */
  "not-permitted",
  /** The grant's time is over. */
  "expired",
  /** The grant was used before. */
  "used",
  /** Keys or database were not reached: ask again. */
  "unavailable",
  /** More is kept than one answer holds. */
  "too-much",
  /** The opener ended without an answer. */
  "failed",
] as const;
export type OpenerErrorCode = (typeof openerErrorCodes)[number];

export class OpenerError extends Error {
  override readonly name = "OpenerError";
  readonly code: OpenerErrorCode;
  /** What the keys said, where they are the reason: for the log, since a caller can do nothing about it. */
  readonly keys: KeyError["code"] | null;
  constructor(code: OpenerErrorCode, message: string, { keys = null, ...options }: ErrorOptions & { keys?: KeyError["code"] | null } = {}) {
    super(message, options);
    this.code = code;
    this.keys = keys;
  }
}
