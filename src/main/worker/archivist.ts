import pg from "pg";
import { clientConfig } from "../../store/client-config.ts";
import { archiveStore } from "../../store/archive-store.ts";
import { LockTerm } from "../audit/lock-term.ts";
import { backoffMs } from "../backoff.ts";
import { readConfig } from "../config.ts";
import { errorKind, programLog } from "../log.ts";
import { objectStoreOf } from "../settings/object-stores.ts";
import type { RoleHost } from "../role.ts";
import { Rounds } from "../rounds.ts";
import { startTelemetry } from "../telemetry/start-telemetry.ts";
import { tracedRound } from "../telemetry/traced-round.ts";
import { archiveOnce } from "../../archive/archiver.ts";

const pollMs = 1_000;
const retries = { firstMs: 1_000, longestMs: 10_000 };

/** Moves sealed raw records out of the database into segments. Holds no key. */
export async function runArchivist(host: RoleHost<"parcelkeep_archivist">): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "archivist");
  const pool = new pg.Pool({ ...clientConfig(host.connections.parcelkeep_archivist), max: 2, application_name: "parcelkeep-archivist" });
  pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
  const store = archiveStore(pool);
  const telemetry = await startTelemetry(config, "archivist", log);
  const objects = await objectStoreOf(config);
  // Ready means that there is a database; when it goes away later, archiving waits for it.
  await store.unfinished();
  host.announceReady({});

  const { personalDays, textDays } = config.retention;
  const term = new LockTerm(Math.max(personalDays, textDays), () => store.lockDays(config.retention));
  const plan = async () => {
    await term.look();
    return store.plan(config.segmentBytes, config.segmentAgeMs, term.days);
  };
  const ledger = { ...store, plan };
  let failures = 0;
  const rounds = new Rounds(async () => {
    try {
      const { archived, alarms } = await tracedRound(telemetry.spans, () => archiveOnce(ledger, objects, () => new Date()));
      for (const alarm of alarms) log.error(errorKind(alarm), "a segment cannot be archived as it stands");
      failures = 0;
      return archived.length > 0 ? 0 : pollMs;
    } catch (error) {
      log.error(errorKind(error), "archiving failed and is tried again");
      return backoffMs(++failures, retries);
    }
  });
  rounds.start();
  host.onStop(async () => {
    await rounds.stop();
    await telemetry.stop();
    await pool.end();
  });
}
