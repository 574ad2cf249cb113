import { problemCodeOf } from "../../ingress/problem-of.ts";
import { problemBody } from "../../ingress/problems.ts";
import type { Received } from "../../ingress/services.ts";
import type { RecordedSpan, Spans } from "./spans.ts";

/** A webhook whose span is recorded. */
export interface SeenHook {
  /** Set when its endpoint is known. */
  source: string | null;
  readonly span: RecordedSpan<"webhook.receive">;
}

/** Receives a webhook, as a span with what it is answered. @param receive gets null where it is not recorded. */
export function tracedHook(spans: Spans, receive: (seen: SeenHook | null) => Promise<Received>): Promise<Received> {
  const span = spans.begin("webhook.receive");
  return span === null ? receive(null) : recorded({ source: null, span }, receive);
}

async function recorded(seen: SeenHook, receive: (seen: SeenHook) => Promise<Received>): Promise<Received> {
  try {
    const received = await receive(seen);
    seen.span.end({
      "http.response.status_code": 202,
      "parcelkeep.source": seen.source,
      "parcelkeep.outcome": received.duplicate ? "duplicate" : "accepted",
    });
    return received;
  } catch (error) {
    const code = problemCodeOf(error as Error);
    seen.span.end({ "http.response.status_code": problemBody(code).status, "parcelkeep.source": seen.source, "parcelkeep.outcome": code });
    throw error;
  }
}

/** The wait for its commit, of a webhook of so many bytes. */
export async function tracedWait(seen: SeenHook, bytes: number, commit: () => Promise<Received>): Promise<Received> {
  const span = seen.span.begin("intake.wait");
  try {
    return await commit();
  } finally {
    span.end({ "parcelkeep.bytes": bytes });
  }
}
