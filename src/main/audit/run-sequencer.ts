import pg from "pg";
import { Registry } from "prom-client";
import { auditChannel, auditStore, holdSequencerLock } from "../../store/audit-store.ts";
import { clientConfig } from "../../store/client-config.ts";
import { Listener } from "../../store/listener.ts";
import { readConfig } from "../config.ts";
import { errorKind, programLog, type ProgramLog } from "../log.ts";
import { logTerm } from "./lock-term.ts";
import { witnessesOf } from "./log-witnesses.ts";
import { CounterTeller } from "../outbound/outbound-counters.ts";
import type { RoleHost } from "../role.ts";
import { Rounds } from "../rounds.ts";
import { Sequencer } from "./sequencer.ts";
import { startTimeStamper } from "./start-time-stamper.ts";

const pollMs = 1_000;

/** Gives entries of the audit log their places, and publishes and signs it. One at a time. Holds the key that signs and none that opens. */
export async function runSequencer(host: RoleHost<"parcelkeep_sequencer">): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "sequencer");
  const connection = host.connections.parcelkeep_sequencer;
  const pool = new pg.Pool({ ...clientConfig(connection), max: 3, application_name: "parcelkeep-sequencer" });
  pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
  const lock = new pg.Client({ ...clientConfig(connection), application_name: "parcelkeep-sequencer-lock" });
  // Whoever lost the lock is not alone any more; another process begins anew.
  await holdSequencerLock(lock, (error) => {
    log.error(errorKind(error), "the lock of the sequencer is lost");
    process.exit(1);
  });
  const store = auditStore(pool);
  const registry = new Registry();
  const counters = new CounterTeller(registry, (counts) => store.tellCounters(counts));
  const term = logTerm(config, store);
  const cosignOf = await witnessesOf(config, { append: store.append, registry, log });
  const sequencer = await Sequencer.open(config, store, log, { term, cosignOf });
  const sequencing = startSequencing(sequencer, log, () =>
    counters.tell().catch((error: unknown) => log.warn(errorKind(error), "what was counted could not be told")),
  );
  const listener = new Listener({ ...clientConfig(connection), application_name: "parcelkeep-sequencer-wake" }, auditChannel, {
    heard: sequencing.ring,
    missed: sequencing.ring,
    failed: (error) => log.warn(errorKind(error), "new entries are not heard; they are looked for now and then"),
  });
  await listener.start();
  const timeStamper = await startTimeStamper(config, { noteTimeStamp: store.noteTimeStamp, term, registry, log });
  host.announceReady({});

  host.onStop(async () => {
    await Promise.all([sequencing.stop(), timeStamper.stop()]);
    await sequencer
      .turn({ publishNow: true })
      .catch((error: unknown) => log.error(errorKind(error), "the last entries wait for the next start"));
    await counters.tell().catch(() => {});
    await listener.stop();
    await lock.end();
    await pool.end();
  });
}

/** Places and publishes until it is stopped, each in a loop of its own: nothing that is published late keeps an entry from its place. @param idle is done where nothing is to be placed. */
export function startSequencing(
  sequencer: Pick<Sequencer, "place" | "publish">,
  log: ProgramLog,
  idle: () => Promise<void>,
): { readonly ring: () => void; stop(): Promise<void> } {
  const publishing = new Rounds(() =>
    sequencer.publish().catch((error: unknown) => {
      log.error(errorKind(error), "the audit log was not published; tried again");
      return pollMs;
    }),
  );
  const placing = new Rounds(async () => {
    const isBusy = await sequencer.place().catch((error: unknown) => {
      log.error(errorKind(error), "entries got no place in the audit log; tried again");
      return false;
    });
    if (isBusy) publishing.ring();
    else await idle();
    return isBusy ? 0 : pollMs;
  });
  placing.start();
  publishing.start();
  return {
    ring: () => placing.ring(),
    stop: async () => {
      await Promise.all([placing.stop(), publishing.stop()]);
    },
  };
}
