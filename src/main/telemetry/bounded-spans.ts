import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import { BatchSpanProcessor, type ReadableSpan, type SpanProcessor } from "@opentelemetry/sdk-trace";
import type { OtlpCalls } from "./otlp-calls.ts";

/** Spans that wait or are on their way, about a megabyte of them. */
export const waitingMax = 2_048;
/** They go out so often, or when this many wait. */
const everyMs = 2_000;
const perCall = 256;
/** Longer than any call takes. */
const exportMs = 30_000;

export type SpanOutcome = "sent" | "dropped" | "lost" | "rejected";

/** `ExportResultCode` of `@opentelemetry/core`. */
const [success, failed] = [0, 1] as const;

/** Spans on their way out: so many and no more, each counted once by what became of it. Whoever ends a span never waits. */
export class BoundedSpans implements SpanProcessor {
  readonly #counted: (outcome: SpanOutcome, spans: number) => void;
  readonly #batches: SpanProcessor;
  #waiting = 0;

  constructor(call: OtlpCalls, counted: (outcome: SpanOutcome, spans: number) => void) {
    this.#counted = counted;
    this.#batches = new BatchSpanProcessor({
      exporter: { export: (spans, done) => void this.#send(call, spans).then(done), shutdown: async () => {} },
      maxQueueSize: waitingMax,
      maxExportBatchSize: perCall,
      scheduledDelayMillis: everyMs,
      exportTimeoutMillis: exportMs,
    });
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#waiting >= waitingMax) return this.#counted("dropped", 1);
    this.#waiting++;
    this.#batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#batches.shutdown();
  }

  async #send(call: OtlpCalls, spans: ReadableSpan[]): Promise<{ readonly code: typeof success | typeof failed }> {
    const body = JsonTraceSerializer.serializeRequest(spans);
    const answer = await call("traces", body!).catch(() => ({ taken: false }) as const);
    this.#waiting -= spans.length;
    if (!answer.taken) {
      this.#counted("lost", spans.length);
      return { code: failed };
    }
    const rejected = Math.min(answer.rejected, spans.length);
    this.#counted("rejected", rejected);
    this.#counted("sent", spans.length - rejected);
    return { code: success };
  }
}
