import type { Category } from "../domain/category.ts";

/**
 * What an opener is started for: one subject of one tenant, one purpose, until a time. It opens nothing else and ends when it has answered.
 * Until approvals exist a grant comes from a local policy that has to be switched on (`PARCELKEEP_LOCAL_RELEASE`).
 */
export interface OpeningGrant {
  /** UUID; used once. */
  readonly id: string;
  readonly tenant: string;
  readonly subject: string;
  /** `access-export`: everything kept about the subject; `erasure-probe`: whether anything still opens, and nothing of what. */
  readonly purpose: "access-export" | "erasure-probe";
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
  | { readonly purpose: "erasure-probe"; readonly opened: number; readonly refused: Readonly<Record<string, number>> };

/** Starts an opener for one grant and gives its answer. @throws {OpenerError} */
export type OpenSubject = (grant: OpeningGrant) => Promise<Opened>;

export class OpenerError extends Error {
  override readonly name = "OpenerError";
  /**
   * `not-permitted`: no policy allows it; `expired` and `used`: the grant; `unavailable`: keys or database were not reached, try again with a new grant;
   * `failed`: the opener ended without an answer.
   */
  readonly code: "not-permitted" | "expired" | "used" | "unavailable" | "failed";
  constructor(code: OpenerError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
