import type {
  DeadLetterFilter,
  DeadLetters,
  LetterDecision,
  LetterReason,
  LetterState,
  RetriedDeadLetters,
} from "../../ingress/dead-letter-services.ts";
import { type ProblemCode, ProblemError } from "../../ingress/problems.ts";
import type { Page } from "../../ingress/services.ts";
import type { DeadLetterRow, ReadStore } from "../../store/read-store.ts";
import { type Opened, OpenerError, type OpenerErrorCode, type OpeningRequest, type OpenSubject } from "../../vault/opening.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import type { FrontCarrierAccounts } from "./front-carrier-accounts.ts";
import { type InboxRoom, refuseWhenFull } from "./inbox-bound.ts";
import type { IntakeThreads } from "../intake/intake-threads.ts";
import { codecs, isSource } from "../intake/sources.ts";

/** Records in quarantine that one call opens, one process after the other: about half a second each. */
const bulkReplayMax = 50;
const listedAtOnce = 200;

const problemOfOpener: Readonly<Record<OpenerErrorCode, ProblemCode>> = {
  "not-permitted": "grant_required",
  "too-much": "export_too_large",
  expired: "opening_failed",
  used: "opening_failed",
  unavailable: "opening_failed",
  failed: "opening_failed",
};

export interface FrontDeadLettersParts {
  readonly reads: Pick<ReadStore, "deadLetters" | "triageLetters" | "retryDeadLetter" | "quarantinedRecord" | "noteReplay">;
  readonly accounts: Pick<FrontCarrierAccounts, "retryLetters">;
  readonly intake: Pick<IntakeThreads, "receive">;
  readonly inbox: InboxRoom;
  readonly open: OpenSubject;
}

/** What waits for a person: failed jobs, calls to carriers, and records in quarantine, which an opener gives back to be taken in anew. */
export class FrontDeadLetters implements DeadLetters {
  readonly #parts: FrontDeadLettersParts;

  constructor(parts: FrontDeadLettersParts) {
    this.#parts = parts;
  }

  async page(tenant: string, cursor: string | null, limit: number, state: LetterState | "waiting" | null) {
    const rows = await this.#parts.reads.deadLetters(tenant, readCursor(cursor), limit, state);
    const last = rows.at(-1);
    return {
      items: rows.map(letterView),
      next: rows.length < limit || last === undefined ? null : writeCursor({ at: last.at, id: last.id }),
    };
  }

  triage(tenant: string, { ids, source, code }: DeadLetterFilter, decision: LetterDecision, by: string): Promise<number> {
    return this.#parts.reads.triageLetters(tenant, { ids: ids ?? null, source: source ?? null, code: code ?? null, by, ...decision });
  }

  async retry(tenant: string, id: string, source: string | null): Promise<{ readonly receipt: string | null } | null> {
    if (await this.#parts.reads.retryDeadLetter(tenant, id)) return { receipt: null };
    if ((await this.#parts.accounts.retryLetters(tenant, { ids: [id] })) > 0) return { receipt: null };
    const record = await this.#parts.reads.quarantinedRecord(tenant, id);
    return record === null ? null : { receipt: await this.#replay(tenant, id, record.endpoint, source ?? record.source) };
  }

  async retryAll(tenant: string, filter: DeadLetterFilter): Promise<RetriedDeadLetters> {
    let retried = await this.#parts.accounts.retryLetters(tenant, filter);
    let refused = 0;
    const { ids, more } = await this.#quarantined(tenant, filter);
    for (const id of ids) {
      const record = await this.#parts.reads.quarantinedRecord(tenant, id);
      if (record === null) continue;
      try {
        await this.#replay(tenant, id, record.endpoint, filter.as ?? record.source);
        retried++;
      } catch (error) {
        if (!(error instanceof ProblemError) || error.code !== "still_undecodable") throw error;
        refused++;
      }
    }
    return { retried, refused, more };
  }

  /** The newest in quarantine that fit, as many as one call takes in. */
  async #quarantined(
    tenant: string,
    { ids, source, code }: DeadLetterFilter,
  ): Promise<{ readonly ids: readonly string[]; readonly more: boolean }> {
    if (ids !== undefined) return { ids: ids.slice(0, bulkReplayMax), more: ids.length > bulkReplayMax };
    const found: string[] = [];
    let page: Page<{ readonly kind: string; readonly id: string; readonly source: string; readonly code: string | null }>;
    for (let cursor: string | null = null; ; cursor = page.next) {
      page = await this.page(tenant, cursor, listedAtOnce, "waiting");
      for (const each of page.items) {
        if (each.kind !== "quarantined" || (source ?? each.source) !== each.source || (code ?? each.code) !== each.code) continue;
        if (found.length === bulkReplayMax) return { ids: found, more: true };
        found.push(each.id);
      }
      if (page.next === null) return { ids: found, more: false };
    }
  }

  /** An opener gives the record back as it was received, and it is taken in anew. Repeating it finds the same new record. */
  async #replay(tenant: string, record: string, endpoint: string, source: string): Promise<string> {
    if (!isSource(source)) throw new ProblemError("unknown_source");
    // Without a codec nothing has to be opened to know what comes of it.
    if (!codecs.has(source)) throw new ProblemError("still_undecodable");
    refuseWhenFull(this.#parts.inbox);
    const opened = await this.#open({ tenant, record, purpose: "replay" });
    if (opened.purpose !== "replay") throw new ProblemError("opening_failed");
    const { contentType, contentEncoding, body } = opened;
    const { receipt } = await this.#parts.intake.receive({
      tenant,
      endpoint,
      source,
      contentType,
      contentEncoding,
      body: Buffer.from(body, "base64"),
      idempotencyKey: `replay|${record}|${source}`,
      isReplay: true,
    });
    await this.#parts.reads.noteReplay(tenant, record, receipt);
    return receipt;
  }

  async #open(request: OpeningRequest): Promise<Opened> {
    try {
      return await this.#parts.open(request);
    } catch (error) {
      if (error instanceof OpenerError) throw new ProblemError(problemOfOpener[error.code]);
      throw error;
    }
  }
}

function letterView(row: DeadLetterRow) {
  return {
    id: row.id,
    kind: row.kind,
    receipt: row.record,
    source: row.source,
    code: row.code,
    at: row.at.toISOString(),
    shipment: row.shipment,
    failures: row.failures,
    state: row.state,
    decision:
      row.decided_by === null || row.decided_at === null
        ? null
        : { reason: row.reason as LetterReason, reference: row.reference, by: row.decided_by, at: row.decided_at.toISOString() },
  };
}
