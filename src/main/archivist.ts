import pg from "pg";
import { archiveStore } from "../store/archive-store.ts";
import { readConfig } from "./config.ts";
import { errorKind, programLog } from "./log.ts";
import { objectFolder } from "./object-folder.ts";
import type { RoleHost } from "./role.ts";
import { archiveOnce } from "../archive/archiver.ts";
import { FilesObjectStore } from "../cloud/files-object-store.ts";

const pollMs = 1_000;

/** Moves sealed raw records out of the database into segments. Holds no key. */
export async function runArchivist(host: RoleHost<"parcelkeep_archivist">): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "archivist");
  const pool = new pg.Pool({ ...host.connections.parcelkeep_archivist, max: 2, application_name: "parcelkeep-archivist" });
  pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
  const store = archiveStore(pool);
  const objects = await FilesObjectStore.open(objectFolder(config), new Date());
  // Ready means that there is a database; when it goes away later, archiving waits for it.
  await store.unfinished();
  let stopped = false;
  let wake: () => void = () => {};
  host.announceReady({});

  const ledger = { ...store, plan: () => store.plan(config.segmentBytes, config.segmentAgeMs) };
  const once = async (): Promise<boolean> => {
    const { archived, alarms } = await archiveOnce(ledger, objects, () => new Date(), {});
    for (const alarm of alarms) log.error(errorKind(alarm), "a segment's object holds other bytes than its plan gives");
    return archived.length > 0;
  };
  const run = async (): Promise<void> => {
    while (!stopped) {
      let busy = false;
      try {
        busy = await once();
      } catch (error) {
        log.error(errorKind(error), "archiving failed and is tried again");
      }
      if (!busy && !stopped) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pollMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  };
  const running = run();
  host.onStop(async () => {
    stopped = true;
    wake();
    await running;
    await pool.end();
  });
}
