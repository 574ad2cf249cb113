import type { AuditStore } from "../../store/audit-store.ts";
import type { Config } from "../config.ts";

const dayMs = 24 * 60 * 60 * 1000;
/** An approved change counts from the next look on. */
const lookEveryMs = 10_000;

/** How long what is written now is locked. What was locked before keeps its time: a lock is never shortened. */
export class LockTerm {
  readonly #read: () => Promise<number>;
  readonly #nowMs: () => number;
  #days: number;
  #readAt = -Infinity;

  /** @param days until it was read once. @param read the term in force, in days. @param nowMs a clock that only goes forward. */
  constructor(days: number, read: () => Promise<number>, nowMs: () => number = () => performance.now()) {
    this.#days = days;
    this.#read = read;
    this.#nowMs = nowMs;
  }

  get days(): number {
    return this.#days;
  }

  async look(): Promise<void> {
    if (this.#nowMs() - this.#readAt < lookEveryMs) return;
    this.#days = await this.#read();
    this.#readAt = this.#nowMs();
  }

  until(now: Date): Date {
    return new Date(now.getTime() + this.#days * dayMs);
  }
}

/** Of the files of the audit log. */
export function logTerm({ auditRetentionDays }: Pick<Config, "auditRetentionDays">, store: Pick<AuditStore, "retentionDays">): LockTerm {
  return new LockTerm(auditRetentionDays, () => store.retentionDays(auditRetentionDays));
}
