import { setTimeout as wait } from "node:timers/promises";
import type { AwsConnection } from "../../aws/connection.ts";
import { openSqsQueue, type SqsQueue } from "../../cloud/aws-sqs-queue.ts";
import { QueueError } from "../../cloud/job-queue.ts";
import { clientConfig } from "../../store/client-config.ts";
import { RelayLead, relayStore } from "../../store/relay-store.ts";
import { takeNamedTurn } from "../../store/worker-store.ts";
import { backoffMs } from "../backoff.ts";
import { errorKind, type ProgramLog } from "../log.ts";
import { planTurn } from "./plan-turn.ts";
import type { QueueSettings } from "../settings/queue-settings.ts";
import { QueueRelay } from "./queue-relay.ts";
import { tracedTurn } from "../telemetry/traced-turn.ts";
import { QueueTurns } from "./queue-turns.ts";
import type { RoleConnection } from "../role.ts";
import { Rounds } from "../rounds.ts";
import type { JobWork, WorkParts } from "./worker-inbox.ts";

/** Receivers of one worker: while one waits for the database, others wait for the queue. */
export const receivers = 4;
const retries = { firstMs: 1_000, longestMs: 30_000 };

export interface QueueWorkParts extends WorkParts {
  readonly settings: QueueSettings;
  readonly aws: AwsConnection;
  readonly connection: RoleConnection;
}

/**
 * Jobs come by way of SQS: one worker names them to the queue, all receive. A queue that is away at the start is waited for.
 * @throws {QueueError} `misconfigured`, `not-permitted` @throws {PlaceError}
 */
export async function workQueue(parts: QueueWorkParts): Promise<JobWork> {
  const stopping = new AbortController();
  const first = await open(parts).catch((error: unknown) => {
    if (!(error instanceof QueueError) || error.code !== "unavailable") throw error;
    parts.log.error(errorKind(error), "the queue is away; jobs wait in the inbox until it is there");
    return null;
  });
  let work = first === null ? null : begin(parts, first, stopping.signal);
  const opening = (async () => {
    if (work !== null) return;
    const queue = await openLater(parts, stopping.signal);
    if (queue !== null) work = begin(parts, queue, stopping.signal);
  })();
  return {
    ring: () => work?.ring(),
    stop: async () => {
      stopping.abort();
      await opening;
      await work?.stop();
    },
  };
}

function begin({ pool, log, spans, done, connection }: QueueWorkParts, queue: SqsQueue, stop: AbortSignal): JobWork {
  for (const warning of queue.facts.warnings) log.warn(warning);
  const lead = new RelayLead({ ...clientConfig(connection), application_name: "parcelkeep-relay" });
  const relayer = new QueueRelay({ queue, store: relayStore(pool), leads: () => lead.hold(), log, now: () => performance.now() });
  const relay = new Rounds(() => relayer.round());
  relay.start();
  const turns = new QueueTurns(
    {
      queue,
      receivesMax: queue.facts.receivesMax,
      visibilityMs: queue.facts.visibilityMs,
      take: (named, jobsMax, plan) => tracedTurn(spans, () => takeNamedTurn(pool, named, jobsMax, plan)),
      plan: planTurn,
      done,
      log,
    },
    stop,
  );
  const receiving = Array.from({ length: receivers }, () => receiverOf(turns, log));
  for (const each of receiving) each.start();
  return {
    ring: () => relay.ring(),
    stop: async () => {
      await Promise.all(receiving.map((each) => each.stop()));
      await relay.stop();
      await lead.release();
      await queue.close();
    },
  };
}

function receiverOf(turns: QueueTurns, log: ProgramLog): Rounds {
  let failures = 0;
  return new Rounds(async () => {
    try {
      await turns.round();
      failures = 0;
      return 0;
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
      if (failures++ === 0) log.error(errorKind(error), "the queue is not received from; tried again");
      return backoffMs(failures, retries);
    }
  });
}

function open({ aws, settings }: QueueWorkParts): Promise<SqsQueue> {
  return openSqsQueue({ connection: aws, ...settings });
}

/** @returns null where it is to stop before. */
async function openLater(parts: QueueWorkParts, stop: AbortSignal): Promise<SqsQueue | null> {
  for (let failures = 1; ; failures++) {
    await wait(backoffMs(failures, retries), null, { signal: stop }).catch(() => {});
    if (stop.aborted) return null;
    try {
      return await open(parts);
    } catch (error) {
      if (!(error instanceof QueueError) || error.code !== "unavailable") throw error;
    }
  }
}
