import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import { JsonMetricsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { Counter, Registry } from "prom-client";
import { Transport } from "../../outbound/transport.ts";
import type { Config } from "../config.ts";
import { errorKind, type ProgramLog } from "../log.ts";
import { outboundCounters } from "../outbound/outbound-counters.ts";
import type { RoleName } from "../role.ts";
import { Rounds } from "../rounds.ts";
import type { TelemetrySettings } from "../settings/telemetry-settings.ts";
import { BoundedSpans } from "./bounded-spans.ts";
import { notedCalls } from "./noted-calls.ts";
import { otlpCalls } from "./otlp-calls.ts";
import { otlpMetrics } from "./otlp-metrics.ts";
import { OtlpWords, serviceName } from "./otlp-words.ts";
import { checkedAttributes, failureOf, type SpanName, spanList } from "./span-list.ts";
import type { RecordedSpan, Spans } from "./spans.ts";
import type { Telemetry } from "./start-telemetry.ts";

/** Of one call. An endpoint that hangs holds one connection for so long, and nothing else. */
const answerMs = 5_000;
const answerBytesMax = 64 * 1024;
/** What is left when a process ends has so long; well within the half minute that a supervisor waits. */
const lastMs = 3_000;

/** Names, kinds and ends of OpenTelemetry's; nothing else of it is seen elsewhere. */
const kinds = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT, consumer: SpanKind.CONSUMER } as const;

export async function openTelemetry(
  config: Pick<Config, "egressTestHosts" | "egressProxy"> & { readonly telemetry: TelemetrySettings },
  role: RoleName,
  log: ProgramLog,
  frontRegistry?: Registry,
): Promise<Telemetry> {
  const { telemetry: settings, egressProxy, egressTestHosts: testHosts } = config;
  const registry = frontRegistry ?? new Registry();
  const sinceMs = Date.now();
  const instance = randomUUID();
  const words = new OtlpWords(role, instance);
  const transport = new Transport({
    timeoutMs: answerMs,
    answerBytesMax,
    connectionsPerHost: 2,
    ...(await trusted(settings)),
    proxy: egressProxy,
  });
  const call = notedCalls(otlpCalls(settings, words, { testHosts, transport, log }), log);
  const resource = resourceFromAttributes({ "service.name": serviceName, "service.instance.id": instance, "parcelkeep.role": role });
  const counted = new Counter({
    name: "parcelkeep_telemetry_spans_total",
    help: "Spans that were sent, dropped since too many wait, lost since the endpoint did not take them, or rejected by it",
    labelNames: ["outcome"],
    registers: [registry],
  });
  const refused = new Counter({
    name: "parcelkeep_telemetry_refused_attributes_total",
    help: "Attributes of spans that are not of the closed list and did not leave: a mistake of ours",
    registers: [registry],
  });
  const queue = new BoundedSpans(call, (outcome, spans) => counted.inc({ outcome }, spans));
  const provider = new TracerProvider({ resource, sampler: new AlwaysOnSampler(), spanProcessors: [queue] });
  let upToDate = async (): Promise<Registry> => registry;
  const sendMetrics = async (): Promise<void> => {
    const current = await upToDate();
    words.learn(current);
    const metrics = otlpMetrics((await current.getMetricsAsJSON()) as never, { sinceMs, nowMs: Date.now(), isOlder });
    const body = JsonMetricsSerializer.serializeRequest({ resource, scopeMetrics: [{ scope: { name: serviceName }, metrics }] });
    if (body !== undefined) await call("metrics", body);
  };
  const rounds = new Rounds(async () => {
    await sendMetrics().catch((error: unknown) => log.error(errorKind(error), "metrics could not be sent"));
    return settings.metricsMs;
  });
  const tellMetrics = (): void => {
    if (settings.metricsMs > 0) rounds.start();
  };
  // Others have nothing more to tell.
  if (frontRegistry === undefined) tellMetrics();
  return {
    spans: spansOf(provider.getTracer(serviceName), settings.sampleRatio, (attributes) => refused.inc(attributes)),
    tellMetrics: (current) => {
      upToDate = current;
      tellMetrics();
    },
    stop: async () => {
      const last = Promise.allSettled([provider.shutdown(), settings.metricsMs > 0 ? rounds.stop().then(sendMetrics) : null]);
      await Promise.race([last, wait(lastMs)]);
      transport.close();
    },
  };
}

/** Whose certificates are taken. */
async function trusted({ authorities }: TelemetrySettings): Promise<{ readonly authorities?: string }> {
  if (authorities === null) return {};
  return { authorities: "pem" in authorities ? authorities.pem : await readFile(authorities.file, "utf8") };
}

const olderCounters: ReadonlySet<string> = new Set(Object.values(outboundCounters).map(({ name }) => name));

/** What other processes count stands in the database, since before any of them was started. */
function isOlder(name: string): boolean {
  return olderCounters.has(name);
}

/** Each is a trace of its own: what a caller says of one (`traceparent`) is not read, since strangers call. */
function spansOf(tracer: Tracer, sampleRatio: number, refuse: (attributes: number) => void): Spans {
  const recorded = <Name extends SpanName>(name: Name, span: Span): RecordedSpan<Name> => ({
    begin: (part) => recorded(part, tracer.startSpan(part, { kind: kinds[spanList[part].kind] }, trace.setSpan(ROOT_CONTEXT, span))),
    end: (given) => {
      const { attributes, refused } = checkedAttributes(name, given);
      if (refused > 0) refuse(refused);
      const failure = failureOf(name, attributes);
      span.setAttributes(failure === null ? attributes : { ...attributes, "error.type": failure });
      if (failure !== null) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  });
  return {
    begin: (name, agoMs = 0) => {
      const { kind, isFrequent } = spanList[name];
      // Before anything is made for it: most are not recorded.
      if (isFrequent && Math.random() >= sampleRatio) return null;
      return recorded(
        name,
        tracer.startSpan(name, { kind: kinds[kind], startTime: new Date(Date.now() - agoMs), root: true }, ROOT_CONTEXT),
      );
    },
  };
}
