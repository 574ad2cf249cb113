import { createHash } from "node:crypto";
import { join } from "node:path";
import pg from "pg";
import { archiveStore } from "../store/archive-store.ts";
import { readConfig } from "./config.ts";
import { errorKind, programLog } from "./log.ts";
import { announceReady, onStop, type RoleStart } from "./role.ts";
import { buildSegment } from "../archive/segment.ts";
import { FilesObjectStore } from "../cloud/files-object-store.ts";
import { ObjectStoreError } from "../cloud/object-store.ts";

const pollMs = 1_000;

/** Moves sealed raw records out of the database into segments. Holds no key. */
export async function runArchivist(start: RoleStart): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "archivist");
  const pool = new pg.Pool({ ...start.connections.parcelkeep_archivist, max: 2, application_name: "parcelkeep-archivist" });
  pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
  const store = archiveStore(pool);
  const objects = await FilesObjectStore.open(join(config.dataDir, "objects"), new Date());
  let stopped = false;
  let wake: () => void = () => {};
  announceReady({});

  const once = async (): Promise<boolean> => {
    // A plan that a crash left unfinished comes first, with the same batches: the same bytes go under the same key.
    const plan = (await store.unfinished())[0] ?? (await store.plan(config.segmentBytes, config.segmentAgeMs));
    if (plan === null) return false;
    const segment = buildSegment(plan.id, plan.createdAt, await store.load(plan));
    const sha256 = createHash("sha256").update(segment.bytes).digest();
    try {
      await objects.put(plan.key, segment.bytes);
    } catch (error) {
      if (!(error instanceof ObjectStoreError) || error.code !== "exists") throw error;
      const held = createHash("sha256").update(await objects.get(plan.key) ?? Buffer.alloc(0)).digest();
      if (!held.equals(sha256)) throw new Error("an object of this name holds other bytes", { cause: error });
    }
    await store.complete(plan, { sha256, bytes: segment.bytes.length, batchOffsets: segment.batchOffsets });
    return true;
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
  onStop(async () => {
    stopped = true;
    wake();
    await running;
    await pool.end();
  });
}
