import type { AttributesOf, SpanName } from "./span-list.ts";

/** What happens, timed, for whoever runs the program. Names and attributes come from the closed list of `span-list.ts`; nothing else gets in, also not an error's message. */
export interface Spans {
  /**
   * @param agoMs how long ago it began.
   * @returns null where this one is not recorded: most of what happens all the time, and everything where nothing is exported.
   */
  begin<Name extends SpanName>(name: Name, agoMs?: number): RecordedSpan<Name> | null;
}

/** What is not ended is not told. */
export interface RecordedSpan<Name extends SpanName> {
  end(attributes: AttributesOf<Name>): void;
  /** A part of it. */
  begin<Part extends SpanName>(name: Part): RecordedSpan<Part>;
}

export const noSpans: Spans = { begin: () => null };
