import { onWriter } from "../../store/client-config.ts";
import { closedSubjects, type IngestStore } from "../../store/ingest-store.ts";
import { uuidText } from "../../store/binary-array.ts";
import type { IngestSessions } from "../../vault/ingest-session.ts";
import { BatchSealer, type BatchSealerHooks, type Compression, type SealedBatch } from "./batch-sealer.ts";
import type { Submission } from "./record-maker.ts";

/** Most records and bytes of one group commit. */
const batchRecordsMax = 256;
const batchBytesMax = 1024 * 1024;
/** Commits under way at once: one is written while the other is flushed to disk. */
const flightsMax = 2;

export type CommitOutcome =
  | { readonly state: "committed" }
  /** Received before. `sameBody` is false where only the Idempotency-Key was the same. */
  | { readonly state: "duplicate"; readonly receipt: string; readonly sameBody: boolean }
  /** Not stored: made of tokens of a person who is erased, or may be. To be tokenised anew and submitted again. */
  | { readonly state: "stale" }
  /** Not stored and not to be acknowledged. */
  | { readonly state: "failed" };

/** A group commit that has ended. */
export interface Commit {
  readonly records: number;
  /** Of the bodies as received. */
  readonly bytes: number;
  /** From taking it up to its durable end, or its failure. */
  readonly seconds: number;
  readonly isFailed: boolean;
}

export interface CommitterHooks extends BatchSealerHooks {
  /** Nothing is stored under these subjects any more; their tokens are to be forgotten. */
  closed(subjects: readonly string[]): void;
  ended(commit: Commit): void;
  failed(error: unknown): void;
}

interface Waiting {
  readonly submission: Submission;
  readonly done: (outcome: CommitOutcome) => void;
}

/**
 * Makes requests durable in groups. What arrives while a commit runs goes into the next one; there is no timer (a window of 2 ms lowered the
 * throughput and raised the median in the measurements behind this design). The order within a batch is: tokenise, claim the tokens of new values,
 * seal, commit, answer.
 *
 * Values get their tokens when their batch is made, and one batch at a time is made and claimed while the one before it is committed: so whatever this
 * process has met before is known, and it claims a value once, however many requests name it at the same time.
 */
export class Committer {
  readonly #store: IngestStore;
  readonly #sealer: BatchSealer;
  readonly #hooks: CommitterHooks;
  #waiting: Waiting[] = [];
  #flights = 0;
  #scheduled = false;
  /** While a batch is made, claimed and sealed. */
  #sealing: Promise<void> | null = null;
  #wakePending = false;

  constructor(store: IngestStore, sessions: IngestSessions, cell: string, compression: Compression, hooks: CommitterHooks) {
    this.#store = store;
    this.#sealer = new BatchSealer(store, sessions, cell, compression, hooks);
    this.#hooks = hooks;
  }

  /** What may wait is bounded by whoever submits (`intake-threads.ts`). */
  submit(submission: Submission, done: (outcome: CommitOutcome) => void): void {
    this.#waiting.push({ submission, done });
    if (!this.#scheduled && this.#flights < flightsMax && this.#sealing === null) {
      this.#scheduled = true;
      // After the requests that the same turn of the loop has read.
      setImmediate(() => {
        this.#scheduled = false;
        this.#takeOff();
      });
    }
  }

  /** Resolves when nothing waits and nothing flies. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#flights > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #takeOff(): void {
    while (this.#flights < flightsMax && this.#sealing === null && this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      this.#flights++;
      void this.#fly(batch).finally(() => {
        this.#flights--;
        this.#takeOff();
      });
    }
  }

  #nextBatch(): Waiting[] {
    let count = 0;
    let bytes = 0;
    while (
      count < this.#waiting.length &&
      count < batchRecordsMax &&
      (count === 0 || bytes + this.#waiting[count]!.submission.head.body.length <= batchBytesMax)
    ) {
      bytes += this.#waiting[count++]!.submission.head.body.length;
    }
    return this.#waiting.splice(0, count);
  }

  async #fly(batch: readonly Waiting[]): Promise<void> {
    const started = performance.now();
    try {
      const outcomes = await this.#commit(batch.map(submissionOf));
      this.#hooks.ended(ended(batch, started, false));
      for (let index = 0; index < batch.length; index++) batch[index]!.done(outcomes[index]!);
      this.#wakeSoon();
    } catch (error) {
      this.#hooks.ended(ended(batch, started, true));
      this.#hooks.failed(error);
      for (const each of batch) each.done({ state: "failed" });
    }
  }

  async #commit(batch: readonly Submission[]): Promise<readonly CommitOutcome[]> {
    const sealed = await this.#unlessClosed(() => this.#sealInTurn(batch));
    if (sealed === null) return batch.map(asStale);
    try {
      const stored = await this.#unlessClosed(() => onWriter(() => this.#store.commit(sealed.body, sealed.rows, sealed.groups)));
      return batch.map(stored === null ? asStale : asCommitted);
    } catch (error) {
      if ((error as { code?: string }).code === "23505") return this.#withoutDuplicates(batch);
      if (batch.length === 1 || isTransient(error)) throw error;
      // One record that the database does not take must not hold back the others.
      return this.#oneByOne(batch, error);
    }
  }

  async #sealInTurn(batch: readonly Submission[]): Promise<SealedBatch> {
    while (this.#sealing !== null) await this.#sealing;
    let ended: () => void = () => {};
    this.#sealing = new Promise((resolve) => (ended = resolve));
    try {
      return await this.#sealer.seal(batch);
    } finally {
      this.#sealing = null;
      ended();
      this.#takeOff();
    }
  }

  /** @returns null where somebody's erasure came between; nothing is stored then. Rare enough for the whole batch to be made anew. */
  async #unlessClosed<Result>(work: () => Promise<Result>): Promise<Result | null> {
    try {
      return await work();
    } catch (error) {
      const closed = closedSubjects(error);
      if (closed === null) throw error;
      this.#hooks.closed(closed);
      return null;
    }
  }

  async #oneByOne(batch: readonly Submission[], error: unknown): Promise<readonly CommitOutcome[]> {
    this.#hooks.failed(error);
    const outcomes: CommitOutcome[] = [];
    for (const submission of batch) {
      outcomes.push(...(await this.#commit([submission]).catch((): CommitOutcome[] => [{ state: "failed" }])));
    }
    return outcomes;
  }

  /** Some records were received before, or stand twice in this batch: the first of each is committed, the others get its receipt. */
  async #withoutDuplicates(batch: readonly Submission[]): Promise<readonly CommitOutcome[]> {
    const known = new Map((await this.#store.knownRecords(batch.map(({ head }) => head.dedupe))).map((row) => [row.dedupe, row]));
    const fresh: Submission[] = [];
    const firsts = new Map<string, Submission>();
    for (const submission of batch) {
      const dedupe = uuidText(submission.head.dedupe);
      if (known.has(dedupe) || firsts.has(dedupe)) continue;
      firsts.set(dedupe, submission);
      fresh.push(submission);
    }
    const committed = fresh.length === 0 ? [] : await this.#commit(fresh);
    const outcomes = new Map(fresh.map((submission, index) => [submission, committed[index]!]));
    return batch.map((submission): CommitOutcome => {
      const own = outcomes.get(submission);
      if (own !== undefined) return own;
      const dedupe = uuidText(submission.head.dedupe);
      const before = known.get(dedupe);
      const first = firsts.get(dedupe);
      const content = uuidText(submission.head.content);
      if (before !== undefined) return { state: "duplicate", receipt: before.record, sameBody: before.content === content };
      const firstOutcome = outcomes.get(first!)!;
      if (firstOutcome.state !== "committed") return firstOutcome;
      return { state: "duplicate", receipt: uuidText(first!.head.id), sameBody: uuidText(first!.head.content) === content };
    });
  }

  /** At most one wake-up waits at a time, whatever the rate. */
  #wakeSoon(): void {
    if (this.#wakePending) return;
    this.#wakePending = true;
    this.#store
      .wake()
      .catch((error: unknown) => this.#hooks.failed(error))
      .finally(() => {
        this.#wakePending = false;
      });
  }
}

const stale: CommitOutcome = { state: "stale" };
const committed: CommitOutcome = { state: "committed" };
const asStale = (): CommitOutcome => stale;
const asCommitted = (): CommitOutcome => committed;

const submissionOf = ({ submission }: Waiting): Submission => submission;

/** @param began milliseconds, as `performance.now` has them. */
function ended(batch: readonly Waiting[], began: number, isFailed: boolean): Commit {
  let bytes = 0;
  for (const { submission } of batch) bytes += submission.head.body.length;
  return { records: batch.length, bytes, seconds: (performance.now() - began) / 1000, isFailed };
}

/** Connection trouble, a writer that has become a reader and shutdown (SQLSTATE classes 08, 53, 57, 40 and 25006), and errors of the socket, which have no SQLSTATE. */
function isTransient(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === undefined || !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57|40|25006)/.test(code);
}
