import type { SpanName } from "../../src/main/telemetry/span-list.ts";
import type { RecordedSpan, Spans } from "../../src/main/telemetry/spans.ts";

export interface EndedSpan {
  readonly name: SpanName;
  readonly within: SpanName | null;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Records every span, in the order in which they end. */
export function recordedSpans(): { readonly spans: Spans; readonly ended: readonly EndedSpan[] } {
  const ended: EndedSpan[] = [];
  const begin = <Name extends SpanName>(name: Name, within: SpanName | null): RecordedSpan<Name> => ({
    end: (attributes) => void ended.push({ name, within, attributes }),
    begin: (part) => begin(part, name),
  });
  return { spans: { begin: (name) => begin(name, null) }, ended };
}
