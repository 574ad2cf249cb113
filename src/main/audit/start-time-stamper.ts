import type { Registry } from "prom-client";
import type { AuditStore } from "../../store/audit-store.ts";
import type { Config } from "../config.ts";
import { errorKind, type ProgramLog } from "../log.ts";
import { objectStoreOf, pointersOf } from "../settings/object-stores.ts";
import { egressTransport } from "../outbound/egress-transport.ts";
import { outboundCounter } from "../outbound/outbound-counters.ts";
import { Rounds } from "../rounds.ts";
import type { LockTerm } from "./lock-term.ts";
import { askAuthority, timeStampAnswerBytesMax } from "./time-stamp-calls.ts";
import { TimeStamper } from "./time-stamper.ts";

const answerMs = 20_000;
const failedMs = 60_000;

export interface TimeStamperProcess {
  readonly noteTimeStamp: AuditStore["noteTimeStamp"];
  /** Of the log's files. */
  readonly term: LockTerm;
  readonly registry: Registry;
  readonly log: ProgramLog;
}

/** Asks the authority of the settings for time-stamps until it is stopped; nothing where they name none. */
export async function startTimeStamper(
  config: Config,
  { noteTimeStamp, term, registry, log }: TimeStamperProcess,
): Promise<{ stop(): Promise<void> }> {
  const { timeStamps: settings, egressTestHosts: testHosts, egressProxy } = config;
  if (settings === null) return { stop: async () => {} };
  const transport = await egressTransport(config, {
    timeoutMs: answerMs,
    answerBytesMax: timeStampAnswerBytesMax,
    connectionsPerHost: 1,
  });
  const stopping = new AbortController();
  const outcomes = outboundCounter("timeStamps", registry);
  const stamper = new TimeStamper({
    objects: await objectStoreOf(config),
    pointers: await pointersOf(config),
    ask: askAuthority(settings.url, { testHosts, transport, isProxied: egressProxy !== null, log }, stopping.signal),
    certificates: settings.certificates,
    everyMs: settings.everyMs,
    term,
    noteStamped: noteTimeStamp,
    counted: (outcome) => outcomes.inc({ outcome }),
    log,
    now: () => new Date(),
  });
  const rounds = new Rounds(() =>
    stamper.turn().catch((error: unknown) => {
      log.error(errorKind(error), "time-stamps cannot be kept; tried again");
      return failedMs;
    }),
  );
  rounds.start();
  return {
    stop: () => {
      stopping.abort();
      return rounds.stop();
    },
  };
}
