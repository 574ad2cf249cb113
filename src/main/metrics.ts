import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ApprovalCounts } from "../store/approval-store.ts";
import type { SourceHealthRow } from "../store/outbound-store.ts";
import type { Backlog } from "../store/read-store.ts";
import { toldCounterGauges } from "./outbound/outbound-counters.ts";
import { queueGauges } from "./worker/queue-gauges.ts";

/** What the program counts. No label ever holds a tenant's or a person's value; sources and codes come from closed lists. */
export function ingressMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const cache = new Counter({
    name: "parcelkeep_tracking_cache_total",
    help: "Reads of the tracking cache by result, and what a shared one did not answer",
    labelNames: ["result"],
    registers,
  });
  return {
    registry,
    received: new Counter({
      name: "parcelkeep_webhooks_total",
      help: "Requests by source and outcome",
      labelNames: ["source", "outcome"],
      registers,
    }),
    signIns: new Counter({
      name: "parcelkeep_operator_sign_ins_total",
      help: "Sign-ins of operators by method and outcome (opened, refused)",
      labelNames: ["method", "outcome"],
      registers,
    }),
    decodeFailures: new Counter({
      name: "parcelkeep_decode_failures_total",
      help: "Records that did not decode and went to quarantine, by source and reason",
      labelNames: ["source", "reason"],
      registers,
    }),
    tokens: new Counter({
      name: "parcelkeep_tokens_total",
      help: "Values of the tokens API: identifiers that had a token (hit), that had none (miss), and values with a fresh token each",
      labelNames: ["result"],
      registers,
    }),
    tokenBudgets: new Counter({
      name: "parcelkeep_token_budget_refusals_total",
      help: "Batches refused since their caller has spent its budget of tokens a day or misses an hour",
      labelNames: ["budget"],
      registers,
    }),
    tokenAlarms: new Counter({
      name: "parcelkeep_token_miss_alarms_total",
      help: "Callers whose share of misses in an hour is that of somebody who probes with a dictionary",
      registers,
    }),
    batchRecords: new Histogram({
      name: "parcelkeep_commit_batch_records",
      help: "Records per group commit",
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    commitSeconds: new Histogram({
      name: "parcelkeep_commit_seconds",
      help: "From taking a batch up to its durable commit",
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
      registers,
    }),
    commitFailures: new Counter({
      name: "parcelkeep_commit_failures_total",
      help: "Group commits that failed; their requests were not acknowledged",
      registers,
    }),
    waiting: new Gauge({ name: "parcelkeep_commit_waiting_records", help: "Records that wait for a group commit", registers }),
    inboxDepth: new Gauge({ name: "parcelkeep_inbox_depth", help: "Jobs in the inbox", registers }),
    inboxOldest: new Gauge({ name: "parcelkeep_inbox_oldest_seconds", help: "Age of the oldest job", registers }),
    quarantine: new Gauge({ name: "parcelkeep_quarantine_records", help: "Records in quarantine that nobody has dismissed", registers }),
    deadLetters: new Gauge({ name: "parcelkeep_dead_letters", help: "Jobs that failed and wait for a person", registers }),
    outboundLetters: new Gauge({
      name: "parcelkeep_outbound_letters",
      help: "What could not be asked of carriers and waits for a person",
      registers,
    }),
    databaseUp: new Gauge({
      name: "parcelkeep_database_up",
      help: "1 where the database answers; at 0 the gauges that it counts are missing",
      registers,
    }),
    unarchived: new Gauge({ name: "parcelkeep_unarchived_records", help: "Sealed raw records that are not in a segment yet", registers }),
    /** @param backlog null where the database does not answer: what it counted before is not given out as the present. */
    setBacklog(backlog: Backlog | null): void {
      this.databaseUp.set(backlog === null ? 0 : 1);
      for (const [name, gauge] of [
        ["inboxDepth", this.inboxDepth],
        ["inboxOldestS", this.inboxOldest],
        ["unarchivedRecords", this.unarchived],
        ["quarantinedRecords", this.quarantine],
        ["deadLetters", this.deadLetters],
        ["outboundLetters", this.outboundLetters],
      ] as const) {
        if (backlog === null) gauge.remove();
        else gauge.set(backlog[name]);
      }
    },
    queue: queueGauges(registers),
    connectors: connectorGauges(registers),
    setApprovals: approvalGauges(registers),
    told: toldCounterGauges(registry),
    /** Counted by the cache itself: a label's look-up would cost a read more than the cache does. */
    setCacheReads({ hits, misses, failures = 0 }: { readonly hits: number; readonly misses: number; readonly failures?: number }): void {
      cache.reset();
      cache.inc({ result: "hit" }, hits);
      cache.inc({ result: "miss" }, misses);
      cache.inc({ result: "failure" }, failures);
    },
  };
}
/** Requests for releases by state. @returns what sets them; null where the database does not answer. */
function approvalGauges(registers: Registry[]) {
  const requests = new Gauge({
    name: "parcelkeep_releases",
    help: "Requests for releases that wait for approval, are granted, are being opened, or whose outcome of the last 30 days is unknown",
    labelNames: ["state"],
    registers,
  });
  const reviews = new Gauge({
    name: "parcelkeep_break_glass_reviews",
    help: "Uses of break-glass that wait for their independent review, and those of them whose time is over",
    labelNames: ["state"],
    registers,
  });
  return (counts: ApprovalCounts | null): void => {
    for (const gauge of [requests, reviews]) gauge.reset();
    if (counts === null) return;
    for (const state of ["waiting", "granted", "opening", "unknown"] as const) requests.set({ state }, counts[state]);
    reviews.set({ state: "due" }, counts.reviewsDue);
    reviews.set({ state: "overdue" }, counts.reviewsOverdue);
  };
}

/** How carriers answer, as the process that asks them has noted it (`source_health`). */
function connectorGauges(registers: Registry[]) {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `parcelkeep_connector_${name}`, help, labelNames: ["source"], registers });
  const calls = gauge("calls_30d", "Calls to a source in the last 30 days");
  const failures = gauge("failures_30d", "Those of them that failed by the source's doing");
  const budget = gauge(
    "error_budget_left",
    "Share of the failures that the target allows in 30 days and that has not happened; below 0: overdrawn",
  );
  const latency = gauge("latency_seconds", "Mean time to a source's answer in this hour and the last");
  const breaker = gauge("breaker_open", "1 while a source is not called since most calls fail, 0.5 while it is tried");
  const numbers = gauge(
    "numbers_30d",
    "Tracking numbers in the calls to a source in the last 30 days: with the calls, how full its batches are",
  );
  const rateLimited = gauge("rate_limited_30d", "Calls that a source put off in the last 30 days");
  const underWay = gauge("calls_under_way", "Calls that are under way at a source");
  const held = gauge("accounts_held", "Accounts that a source has told to wait, or whose credential it refuses");
  const due = gauge("shipments_due", "Shipments that are due to be asked about");
  const all = [calls, failures, budget, latency, breaker, numbers, rateLimited, underWay, held, due];
  return {
    set(rows: readonly (SourceHealthRow & { readonly budgetLeft: number })[]): void {
      for (const each of all) each.reset();
      for (const { source, budgetLeft, recentCalls, recentLatencyMs, ...row } of rows) {
        calls.set({ source }, row.calls);
        failures.set({ source }, row.failures);
        budget.set({ source }, budgetLeft);
        if (recentCalls > 0) latency.set({ source }, recentLatencyMs / recentCalls / 1000);
        numbers.set({ source }, row.numbers);
        rateLimited.set({ source }, row.rateLimited);
        underWay.set({ source }, row.underWay);
        held.set({ source }, row.held);
        due.set({ source }, row.due);
        breaker.set({ source }, row.breaker === "open" ? 1 : row.breaker === "half-open" ? 0.5 : 0);
      }
    },
  };
}

export type IngressMetrics = ReturnType<typeof ingressMetrics>;
