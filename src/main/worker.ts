import pg from "pg";
import type { CarrierId } from "../domain/carrier.ts";
import { packShipment, unpackShipment } from "../domain/packed-shipment.ts";
import { applyJobs, type HeldShipment, readJobs } from "../process/apply-jobs.ts";
import { uuidText } from "../store/binary-array.ts";
import { type InboxJob, takeTurn, type TurnPlan } from "../store/worker-store.ts";
import { readConfig } from "./config.ts";
import { errorKind, programLog } from "./log.ts";
import type { RoleHost } from "./role.ts";
import { uuid7 } from "./uuid7.ts";

/** Looks at the inbox at least this often, should a wake-up get lost. */
const pollMs = 250;
const retryMs = 500;

/** Turns the inbox into the tracking index. Holds no key. */
export async function runWorker(host: RoleHost<"parcelkeep_worker">): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "worker");
  const pool = new pg.Pool({ ...host.connections.parcelkeep_worker, max: 2, application_name: "parcelkeep-worker" });
  pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
  let stopped = false;
  let wake: () => void = () => {};
  const listener = new pg.Client({ ...host.connections.parcelkeep_worker, application_name: "parcelkeep-wake" });
  listener.on("notification", () => wake());
  listener.on("error", () => process.exit(1));
  await listener.connect();
  await listener.query("listen parcelkeep_inbox");
  host.announceReady({});

  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    while (!stopped) {
      try {
        const turn = await takeTurn(pool, { firstLane: 0, jobsMax: 500 }, planTurn);
        if (turn.changed.length > 0) await pool.query("notify parcelkeep_changed");
        if (turn.failed > 0) log.warn({ failed: turn.failed }, "jobs went to the dead letters");
        if (turn.jobs === 0) await rest(pollMs);
      } catch (error) {
        log.error(errorKind(error), "a turn at the inbox failed and is tried again");
        await rest(retryMs);
      }
    }
  };
  const running = run();
  host.onStop(async () => {
    stopped = true;
    wake();
    await running;
    await listener.end();
    await pool.end();
  });
}

/** Between the store's rows and the pure rules of `process/`. */
export function planTurn(jobs: readonly InboxJob[]): TurnPlan {
  const read = readJobs(jobs);
  return {
    numbers: read.numbers,
    apply: (rows) => {
      const held = rows.map((row): HeldShipment => ({
        ...row,
        carrier: row.carrier as CarrierId | null,
        state: unpackShipment(row.state),
      }));
      const applied = applyJobs(read, held, () => uuidText(uuid7(Date.now())));
      return { ...applied, writes: applied.writes.map((write) => ({ ...write, state: packShipment(write.state) })) };
    },
  };
}
