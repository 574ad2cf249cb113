import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { ProblemError } from "../../ingress/problems.ts";
import type { Received } from "../../ingress/services.ts";
import { EndpointPlacement, type Place } from "./endpoint-placement.ts";
import { HandOver, type IntakeReport, type OtherOutcome, type Receipts } from "./hand-over.ts";
import type { Forgetting, IntakeThreadStart } from "./intake-thread.ts";
import type { IntakeRequest } from "./intake.ts";
import { tokensSource } from "./sources.ts";
import type { TokenOutcome } from "./token-intake.ts";
import type { IngressMetrics } from "../metrics.ts";
import type { Spans } from "../telemetry/spans.ts";

/** What may wait for its commit; beyond it a request is answered with 503. */
const waitingRecordsMax = 4096;
const waitingBytesMax = 16 * 1024 * 1024;

type Tokenised = Exclude<TokenOutcome, { state: "refused" }>;

interface Waiting {
  readonly place: Place<IntakeThread>;
  readonly source: string;
  readonly bytes: number;
  /** With {@link Received}, or {@link Tokenised} where values of the tokens API wait. */
  readonly resolve: (ended: never) => void;
  readonly reject: (problem: ProblemError) => void;
}

/** The front's side of the intake threads: hands requests over in groups, and answers them when they are durable. */
export class IntakeThreads {
  readonly #threads: readonly IntakeThread[];
  readonly #placement: EndpointPlacement<IntakeThread>;
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
    this.#placement = new EndpointPlacement(this.#threads, () => performance.now());
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
  receive(request: IntakeRequest): Promise<Received> {
    return this.#handOver(request);
  }

  /**
   * @returns when the tokens are durable.
   * @throws {ProblemError} `busy`.
   */
  tokenise(request: IntakeRequest): Promise<Tokenised> {
    return this.#handOver(request);
  }

  #handOver<Ended extends Received | Tokenised>(request: IntakeRequest): Promise<Ended> {
    if (!this.hasRoom) return Promise.reject(new ProblemError("busy", { retryAfterS: 1 }));
    return new Promise((resolve, reject) => {
      const { endpoint, source, body } = request;
      const serial = this.#serial++;
      const place = this.#placement.of(endpoint);
      this.#waitingBytes += body.length;
      this.#waiting.set(serial, { place, source, bytes: body.length, resolve, reject });
      place.took();
      place.thread.handOver(serial, request);
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

  #reported({ accepted, duplicates, outcomes, commits, failures, quarantined, forgotten }: IntakeReport): void {
    for (const serial of forgotten) {
      const forgetting = this.#forgetting.get(serial)!;
      if (--forgetting.waits > 0) continue;
      this.#forgetting.delete(serial);
      forgetting.done();
    }
    this.#acknowledge(accepted, false);
    this.#acknowledge(duplicates, true);
    for (const { serial, outcome } of outcomes) this.#end(serial, outcome);
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

  /** A label's look-up costs as much as the rest of an answer's way: what is told together is counted together. */
  #acknowledge({ serials, receipts }: Receipts, duplicate: boolean): void {
    if (serials.length === 0) return;
    const counts = new Map<string, number>();
    for (let at = 0; at < serials.length; at++) {
      const waiting = this.#ended(serials[at]!);
      if (waiting === undefined) continue;
      counts.set(waiting.source, (counts.get(waiting.source) ?? 0) + 1);
      waiting.resolve({ receipt: receipts[at]!, duplicate } satisfies Received as never);
    }
    const outcome = duplicate ? "duplicate" : "accepted";
    for (const [source, requests] of counts) this.#metrics.received.inc({ source, outcome }, requests);
  }

  #end(serial: number, outcome: OtherOutcome): void {
    const waiting = this.#ended(serial);
    if (waiting === undefined) return;
    if (outcome.state !== "refused") return waiting.resolve(outcome satisfies Tokenised as never);
    const { code } = outcome;
    if (waiting.source !== tokensSource)
      this.#metrics.received.inc({ source: waiting.source, outcome: code === "busy" ? "failed" : "refused" });
    waiting.reject(new ProblemError(code, code === "busy" ? { retryAfterS: 1 } : {}));
  }

  #ended(serial: number): Waiting | undefined {
    const waiting = this.#waiting.get(serial);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(serial);
    this.#waitingBytes -= waiting.bytes;
    waiting.place.gave();
    return waiting;
  }
}

class IntakeThread {
  readonly ready: Promise<void>;
  /** Requests that were handed over and have not ended. */
  waiting = 0;
  readonly #worker: Worker;
  readonly #next = new HandOver();
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
    if (this.#next.isEmpty) setImmediate(this.#send);
    this.#next.add(serial, request);
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

  readonly #send = (): void => {
    const handedOver = this.#next.take();
    this.#worker.postMessage(handedOver, [handedOver.bytes.buffer]);
  };
}
