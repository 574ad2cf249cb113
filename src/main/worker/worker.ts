import pg from "pg";
import { clientConfig } from "../../store/client-config.ts";
import { busStore } from "../../store/bus-store.ts";
import { announceChanges } from "../../store/changes.ts";
import { Listener } from "../../store/listener.ts";
import { ChangeNotifier } from "./change-notifier.ts";
import { type Config, readConfig } from "../config.ts";
import { errorKind, type ProgramLog, programLog } from "../log.ts";
import type { RoleHost } from "../role.ts";
import { Rounds } from "../rounds.ts";
import { startTelemetry } from "../telemetry/start-telemetry.ts";
import { type JobWork, workInbox } from "./worker-inbox.ts";

/** Connections beside those for turns: for what is told of them, and named to a queue. */
const otherConnections = 1;
/** For the transaction that is open while the event bus is told. */
const busConnections = 1;

/** Turns the inbox into the tracking index. Holds no key. */
export async function runWorker(host: RoleHost<"parcelkeep_worker">): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "worker");
  const connection = host.connections.parcelkeep_worker;
  // The code of AWS is loaded only where it is used.
  const byQueue = config.queue === null ? null : await import("./worker-queue.ts");
  const max = (byQueue?.receivers ?? 1) + otherConnections + (config.eventBus === null ? 0 : busConnections);
  const pool = new pg.Pool({ ...clientConfig(connection), max, application_name: "parcelkeep-worker" });
  pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
  const notifier = new ChangeNotifier(
    (changes) => announceChanges(pool, changes),
    (error) => log.warn(errorKind(error), "changes were not announced; copies of them expire"),
  );
  const telemetry = await startTelemetry(config, "worker", log);
  const telling = await tellEventBus(config, pool, log);
  const parts = {
    pool,
    log,
    spans: telemetry.spans,
    done: ({ changed, failed }: { changed: Parameters<ChangeNotifier["add"]>[0]; failed: number }) => {
      notifier.add(changed);
      if (failed > 0) log.warn({ failed }, "jobs went to the dead letters");
    },
  };
  const work: JobWork =
    byQueue === null ? workInbox(parts) : await byQueue.workQueue({ ...parts, settings: config.queue!, aws: config.aws, connection });
  const listener = new Listener({ ...clientConfig(connection), application_name: "parcelkeep-wake" }, "parcelkeep_inbox", {
    heard: () => work.ring(),
    missed: () => work.ring(),
    failed: (error) => log.warn(errorKind(error), "wake-ups are not heard; the inbox is looked at now and then"),
  });
  await listener.start();
  host.announceReady({});
  host.onStop(async () => {
    await work.stop();
    await telling?.stop();
    await notifier.settled();
    await listener.stop();
    await telemetry.stop();
    await pool.end();
  });
}

/** @throws {PlaceError} */
async function tellEventBus({ aws, eventBus }: Config, pool: pg.Pool, log: ProgramLog): Promise<{ stop(): Promise<void> } | null> {
  const store = busStore(pool);
  // Before the first turn; where the database is away, the first round does it.
  await store
    .follow(eventBus !== null)
    .catch((error: unknown) => log.warn(errorKind(error), "whether changes are noted for an event bus is not known"));
  if (eventBus === null) return null;
  // The rules know every source's codes: loaded only where they are needed.
  const [{ EventTeller }, { openEventBus }, { isPseudonymous }] = await Promise.all([
    import("./event-teller.ts"),
    import("../settings/event-bus-settings.ts"),
    import("../front/webhook-rules.ts"),
  ]);
  const bus = await openEventBus(aws, eventBus);
  const teller = new EventTeller({ bus, store, mayLeave: isPseudonymous, log });
  const rounds = new Rounds(() => teller.round());
  rounds.start();
  return {
    stop: async () => {
      await rounds.stop();
      await bus.close();
    },
  };
}
