import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { crc32 } from "node:zlib";
import { ProblemError } from "../../ingress/problems.ts";
import type { Received } from "../../ingress/services.ts";
import type { Forgetting, HandedOver, HandedOverRequest, IntakeReport, IntakeThreadStart } from "./intake-thread.ts";
import type { IntakeOutcome, IntakeRequest } from "./intake.ts";
import type { TokenOutcome } from "./token-intake.ts";
import type { IngressMetrics } from "../metrics.ts";
import type { Spans } from "../telemetry/spans.ts";

/** What may wait for its commit; beyond it a request is answered with 503. */
const waitingRecordsMax = 4096;
const waitingBytesMax = 16 * 1024 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly resolve: (outcome: IntakeOutcome | TokenOutcome) => void;
}

/** The front's side of the intake threads: hands requests over in groups, and answers them when they are durable. */
export class IntakeThreads {
  readonly #threads: readonly IntakeThread[];
  readonly #metrics: IngressMetrics;
  readonly #spans: Spans;
  readonly #waiting = new Map<number, Waiting>();
  #waitingBytes = 0;
  #serial = 0;
  #idle: () => void = () => {};
  readonly #forgetting = new Map<number, { waits: number; readonly done: () => void }>();

  /**
   * @param lost called when a thread ends by itself: what it held is not acknowledged, and the process cannot go on.
   */
  static async start(
    count: number,
    start: IntakeThreadStart,
    metrics: IngressMetrics,
    lost: (error: Error) => void,
    spans: Spans,
  ): Promise<IntakeThreads> {
    const threads = new IntakeThreads(count, start, metrics, lost, spans);
    await Promise.all(threads.#threads.map((thread) => thread.ready));
    return threads;
  }

  private constructor(count: number, start: IntakeThreadStart, metrics: IngressMetrics, lost: (error: Error) => void, spans: Spans) {
    this.#metrics = metrics;
    this.#spans = spans;
    this.#threads = Array.from({ length: count }, () => new IntakeThread(start, (report) => this.#reported(report), lost));
  }

  /** Requests that wait for their commit. */
  get waiting(): number {
    return this.#waiting.size;
  }

  get hasRoom(): boolean {
    return this.#waiting.size < waitingRecordsMax && this.#waitingBytes < waitingBytesMax;
  }

  /**
   * @returns when the request is durable.
   * @throws {ProblemError} `busy`, `idempotency_key_reused`, `body_too_large`, `invalid_encoding`, `unsupported_media_type`, `still_undecodable`.
   */
  async receive(request: IntakeRequest): Promise<Received> {
    return this.#received(request.source, (await this.#outcome(request)) as IntakeOutcome);
  }

  /**
   * @returns when the tokens are durable.
   * @throws {ProblemError} `busy`.
   */
  async tokenise(request: IntakeRequest): Promise<Exclude<TokenOutcome, { state: "refused" }>> {
    const outcome = (await this.#outcome(request)) as TokenOutcome;
    if (outcome.state === "refused") throw new ProblemError(outcome.code, { retryAfterS: 1 });
    return outcome;
  }

  #outcome(request: IntakeRequest): Promise<IntakeOutcome | TokenOutcome> {
    if (!this.hasRoom) return Promise.reject(new ProblemError("busy", { retryAfterS: 1 }));
    const bytes = request.body.length;
    this.#waitingBytes += bytes;
    const serial = this.#serial++;
    return new Promise((resolve) => {
      this.#waiting.set(serial, { bytes, resolve });
      this.#threadFor(request).handOver(serial, request);
    });
  }

  /** Resolves when no thread remembers a token of these subjects. */
  forget(subjects: readonly string[]): Promise<void> {
    const serial = this.#serial++;
    return new Promise((resolve) => {
      this.#forgetting.set(serial, { waits: this.#threads.length, done: resolve });
      for (const thread of this.#threads) thread.forget({ forget: subjects, serial });
    });
  }

  /** Resolves when everything that was received has its answer and the threads have ended. */
  async drain(): Promise<void> {
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  /** A request that comes again goes to the thread that has seen it, where it is recognised without asking the database. */
  #threadFor({ idempotencyKey, body }: IntakeRequest): IntakeThread {
    if (this.#threads.length === 1) return this.#threads[0]!;
    return this.#threads[crc32(idempotencyKey ?? body) % this.#threads.length]!;
  }

  #reported({ outcomes, commits, failures, quarantined, forgotten }: IntakeReport): void {
    for (const serial of forgotten) {
      const forgetting = this.#forgetting.get(serial)!;
      if (--forgetting.waits > 0) continue;
      this.#forgetting.delete(serial);
      forgetting.done();
    }
    for (const outcome of outcomes) {
      const waiting = this.#waiting.get(outcome.serial);
      if (waiting === undefined) continue;
      this.#waiting.delete(outcome.serial);
      this.#waitingBytes -= waiting.bytes;
      waiting.resolve(outcome);
    }
    for (const { records, bytes, seconds, isFailed } of commits) {
      this.#spans
        .begin("intake.commit", seconds * 1000)
        ?.end({ "parcelkeep.records": records, "parcelkeep.bytes": bytes, "parcelkeep.outcome": isFailed ? "failed" : "committed" });
      if (isFailed) continue;
      this.#metrics.batchRecords.observe(records);
      this.#metrics.commitSeconds.observe(seconds);
    }
    this.#metrics.commitFailures.inc(failures);
    for (const labels of quarantined) this.#metrics.decodeFailures.inc(labels);
    if (this.#waiting.size === 0) this.#idle();
  }

  #received(source: string, outcome: IntakeOutcome): Received {
    switch (outcome.state) {
      case "accepted":
        this.#metrics.received.inc({ source, outcome: "accepted" });
        return { receipt: outcome.receipt, duplicate: false };
      case "duplicate":
        this.#metrics.received.inc({ source, outcome: "duplicate" });
        return { receipt: outcome.receipt, duplicate: true };
      case "refused":
        this.#metrics.received.inc({ source, outcome: outcome.code === "busy" ? "failed" : "refused" });
        throw new ProblemError(outcome.code, outcome.code === "busy" ? { retryAfterS: 1 } : {});
    }
  }
}

class IntakeThread {
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  #requests: HandedOverRequest[] = [];
  #bodies: Buffer[] = [];
  #bytes = 0;
  #ending = false;

  constructor(start: IntakeThreadStart, reported: (report: IntakeReport) => void, lost: (error: Error) => void) {
    this.#worker = new Worker(join(import.meta.dirname, "intake-thread.ts"), { workerData: start });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on("message", (message: string) => {
        if (message === "ready") resolve();
        else reported(JSON.parse(message) as IntakeReport);
      });
      const end = (error: Error): void => {
        reject(error);
        if (!this.#ending) lost(error);
      };
      this.#worker.once("error", end);
      this.#worker.once("exit", (code) => end(new Error(`an intake thread ended with ${code}`)));
    });
    this.ready.catch(() => {});
  }

  /** What the same turn of the loop has received is handed over in one message. */
  handOver(serial: number, request: IntakeRequest): void {
    const { body, tenant, endpoint, source, contentType, contentEncoding, idempotencyKey, isReplay } = request;
    if (this.#requests.length === 0) setImmediate(() => this.#send());
    this.#requests.push({
      serial,
      tenant,
      endpoint,
      source,
      contentType,
      contentEncoding,
      idempotencyKey,
      isReplay,
      bodyBytes: body.length,
    });
    this.#bodies.push(body);
    this.#bytes += body.length;
  }

  forget(forgetting: Forgetting): void {
    this.#worker.postMessage(forgetting);
  }

  end(): Promise<void> {
    this.#ending = true;
    return new Promise((resolve) => {
      this.#worker.once("exit", () => resolve());
      this.#worker.postMessage("drain");
    });
  }

  #send(): void {
    const bytes = new Uint8Array(this.#bytes);
    let at = 0;
    for (const body of this.#bodies) {
      bytes.set(body, at);
      at += body.length;
    }
    this.#worker.postMessage({ requests: JSON.stringify(this.#requests), bytes } satisfies HandedOver, [bytes.buffer]);
    this.#requests = [];
    this.#bodies = [];
    this.#bytes = 0;
  }
}
