import type { Registry } from "prom-client";
import { metricLines } from "./metric-lines.ts";
import { Rounds } from "./rounds.ts";

export interface MetricLineTeller {
  /** What a process counts, brought up to date. */
  readonly registry: () => Promise<Registry>;
  readonly role: string;
  /** Names of counters that every process of the role tells of the same database. */
  readonly shared: ReadonlySet<string>;
  readonly everyMs: number;
  readonly write: (line: string) => void;
}

/** Writes what is counted every so often, and once more at the end. @returns what ends it. */
export function tellMetricLines({ registry, role, shared, everyMs, write }: MetricLineTeller): () => Promise<void> {
  let before: ReadonlyMap<string, number> | null = null;
  const tell = async (): Promise<number> => {
    const { lines, counted } = metricLines((await (await registry()).getMetricsAsJSON()) as never, role, new Date(), before, shared);
    before = counted;
    for (const line of lines) write(line);
    return everyMs;
  };
  const rounds = new Rounds(tell);
  rounds.start();
  return async () => {
    await rounds.stop();
    await tell();
  };
}
