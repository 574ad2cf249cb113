import type { Resilience } from "../../outbound/resilience.ts";
import type { SourceState } from "../../store/outbound-store.ts";

/** What has not changed is told again after this, so that one can see that it is told at all. */
const againMs = 60_000;

export interface ConnectorStateParts {
  readonly resilience: Pick<Resilience, "stateOf" | "underWay">;
  readonly note: (states: readonly SourceState[]) => Promise<void>;
  readonly now: () => number;
}

/** Tells how the process that asks sees each source that it has called: at once what has changed, the rest now and then. */
export class ConnectorStates {
  readonly #parts: ConnectorStateParts;
  readonly #told = new Map<string, { readonly text: string; readonly at: number }>();
  readonly #called = new Set<string>();

  constructor(parts: ConnectorStateParts) {
    this.#parts = parts;
  }

  called(source: string): void {
    this.#called.add(source);
  }

  async tell(): Promise<void> {
    const { resilience, note, now } = this.#parts;
    const states = Array.from(this.#called, (source): SourceState => {
      return { source, breaker: resilience.stateOf(source) ?? "closed", underWay: resilience.underWay(source) };
    });
    const news = states.filter((state) => {
      const told = this.#told.get(state.source);
      return told === undefined || told.text !== JSON.stringify(state) || now() - told.at >= againMs;
    });
    if (news.length === 0) return;
    await note(news);
    for (const state of news) this.#told.set(state.source, { text: JSON.stringify(state), at: now() });
  }
}
