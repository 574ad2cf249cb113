import { Counter, type Registry } from "prom-client";
import { canonicalJson } from "../../audit/canonical-json.ts";
import type { AddedCount } from "../../store/told-counters.ts";

/**
 * What the outbound process and the sequencer count. Nobody reaches them over the network, so they tell the database what was added, and the front gives it out with
 * its own. Labels come from closed lists.
 */
export const outboundCounters = {
  egressCalls: {
    name: "parcelkeep_egress_calls_total",
    help: "Outbound calls by recipient and what became of them",
    labelNames: ["recipient", "outcome"],
  },
  egressFindings: {
    name: "parcelkeep_egress_findings_total",
    help: "What the guard found in calls that it refused, by kind and place",
    labelNames: ["recipient", "kind", "place"],
  },
  webhookDeliveries: {
    name: "parcelkeep_webhook_deliveries_total",
    help: "Attempts to deliver a webhook to a merchant, by what became of them",
    labelNames: ["outcome"],
  },
  witnessAnswers: {
    name: "parcelkeep_audit_witness_answers_total",
    help: "Checkpoints of the audit log that a witness was asked to cosign, by what came of it",
    labelNames: ["witness", "outcome"],
  },
  timeStamps: {
    name: "parcelkeep_audit_time_stamps_total",
    help: "Checkpoints of the audit log that a time-stamp was asked for, by what came of it",
    labelNames: ["outcome"],
  },
  swept: {
    name: "parcelkeep_swept_total",
    help: "Sessions, challenges and invitations of operators and drafts of changes that were deleted after their end",
    labelNames: ["kind"],
  },
} as const;

export const outboundCounterNames: ReadonlySet<string> = new Set(Object.values(outboundCounters).map(({ name }) => name));

export function outboundCounter(which: keyof typeof outboundCounters, registry: Registry): Counter {
  return new Counter({ ...outboundCounters[which], registers: [registry] });
}

/** Tells what was added to the counters of a registry since it last did. */
export class CounterTeller {
  readonly #registry: Registry;
  readonly #tell: (counts: readonly AddedCount[]) => Promise<void>;
  readonly #told = new Map<string, number>();

  constructor(registry: Registry, tell: (counts: readonly AddedCount[]) => Promise<void>) {
    this.#registry = registry;
    this.#tell = tell;
  }

  /** What could not be told is told the next time. */
  async tell(): Promise<void> {
    const added: AddedCount[] = [];
    const standing = new Map<string, number>();
    for (const { name, values } of await this.#registry.getMetricsAsJSON()) {
      for (const { labels, value } of values) {
        const text = canonicalJson(labels as Record<string, string>);
        const key = `${name} ${text}`;
        standing.set(key, value);
        const more = value - (this.#told.get(key) ?? 0);
        if (more > 0) added.push({ name, labels: text, added: more });
      }
    }
    if (added.length === 0) return;
    await this.#tell(added);
    for (const [key, value] of standing) this.#told.set(key, value);
  }
}

/** The same counters at the front. */
export function toldCounterGauges(registry: Registry) {
  const counters = new Map(
    Object.values(outboundCounters).map((each) => [each.name as string, new Counter({ ...each, registers: [registry] })]),
  );
  return {
    set(rows: readonly { readonly name: string; readonly labels: string; readonly value: number }[]): void {
      for (const counter of counters.values()) counter.reset();
      for (const { name, labels, value } of rows) counters.get(name)?.inc(JSON.parse(labels) as Record<string, string>, value);
    },
  };
}
