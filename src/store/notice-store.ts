import type pg from "pg";

export const noticesChannel = "parcelkeep_notices";

/** A notice that is held for a while by whoever got it. */
export interface ClaimedNotice {
  readonly id: string;
  readonly request: string;
  readonly kind: "awaiting" | "expiring" | "decided" | "ended" | "review-due" | "review-overdue";
  readonly state: string;
  readonly made_at: Date;
  /** With this one. */
  readonly attempts: number;
  readonly request_kind: "transfer" | "lane" | "change";
  readonly tenant: string | null;
  readonly recipient: string | null;
  readonly reason: string;
  readonly rule: string;
  readonly break_glass: boolean;
  readonly approve_by: Date;
  readonly review_due_at: Date | null;
}

/** Notices about requests for releases, for the process that sends them. */
export function noticeStore(pool: pg.Pool) {
  return {
    claim: async (limit: number, leaseMs: number): Promise<readonly ClaimedNotice[]> =>
      (await pool.query<ClaimedNotice>("select * from parcelkeep.claim_notices($1, $2)", [limit, `${leaseMs} milliseconds`])).rows,
    /** @param next when it is tried again; null where it went out, or is given up. */
    settle: async (id: string, next: Date | null): Promise<void> =>
      void (await pool.query("select parcelkeep.settle_notice($1, $2)", [id, next])),
  };
}

export type NoticeStore = ReturnType<typeof noticeStore>;
