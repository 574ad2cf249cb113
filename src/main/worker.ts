import pg from "pg";
import { announceChanges } from "../store/changes.ts";
import { Listener } from "../store/listener.ts";
import { takeTurn, TurnError } from "../store/worker-store.ts";
import { ChangeNotifier } from "./change-notifier.ts";
import { readConfig } from "./config.ts";
import { errorKind, programLog } from "./log.ts";
import { planTurn } from "./plan-turn.ts";
import type { RoleHost } from "./role.ts";
import { TurnShares } from "./turn-shares.ts";
import { Wake } from "./wake.ts";

/** Looks at the inbox at least this often, should a wake-up get lost. */
const pollMs = 250;
/**
 * Under a load that does not fill turns, one begins so often. A turn costs about a millisecond of processor time beside its jobs, so fewer and larger
 * ones are cheaper; a message is to be seen within a tenth of a second.
 */
const turnEveryMs = 40;
const retryMs = 500;

/** Turns the inbox into the tracking index. Holds no key. */
export async function runWorker(host: RoleHost<"parcelkeep_worker">): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "worker");
  const connection = host.connections.parcelkeep_worker;
  // One for turns, one for what is told of them.
  const pool = new pg.Pool({ ...connection, max: 2, application_name: "parcelkeep-worker" });
  pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
  const wake = new Wake();
  const listener = new Listener({ ...connection, application_name: "parcelkeep-wake" }, "parcelkeep_inbox", {
    heard: () => wake.ring(),
    missed: () => wake.ring(),
    failed: (error) => log.warn(errorKind(error), "wake-ups are not heard; the inbox is looked at now and then"),
  });
  const notifier = new ChangeNotifier(
    (changes) => announceChanges(pool, changes),
    (error) => log.warn(errorKind(error), "changes were not announced; copies of them expire"),
  );
  await listener.start();
  host.announceReady({});

  const shares = new TurnShares(planTurn);
  let isStopped = false;
  const turn = async (): Promise<void> => {
    const began = performance.now();
    wake.attend();
    try {
      const { jobs, failed, changed } = await shares.next((share, plan) => takeTurn(pool, share, plan));
      notifier.add(changed);
      if (failed > 0) log.warn({ failed }, "jobs went to the dead letters");
      if (jobs === 0) await wake.rest(pollMs);
      else if (!shares.isBehind) await pause(began + turnEveryMs - performance.now());
    } catch (error) {
      if (!(error instanceof TurnError)) throw error;
      if (error.code === "contended") return;
      log.error({ turn: error.code, ...errorKind(error.cause) }, "a turn at the inbox failed and is tried again");
      if (error.code === "unavailable") await pause(retryMs);
    }
  };
  const running = (async () => {
    while (!isStopped) await turn();
  })();
  host.onStop(async () => {
    isStopped = true;
    wake.ring();
    await running;
    await notifier.settled();
    await listener.stop();
    await pool.end();
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
