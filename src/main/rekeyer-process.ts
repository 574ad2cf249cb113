import { constants, setPriority } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { rotationStore } from "../store/rotation-store.ts";
import { rewrapSessions } from "../vault/rewrap-sessions.ts";
import { readConfig } from "./config.ts";
import { openingKeysOf } from "./opening-keys.ts";
import type { RoleConnection } from "./role.ts";
import { sealingKeysOf } from "./sealing-keys.ts";

/** What a rekeyer is started for. It does that and ends; killed at any point, another takes up where it was. */
export type RekeyerOrder = { readonly kind: "wraps"; readonly rotation: string; readonly epoch: number };

export interface RekeyerStart {
  readonly connection: RoleConnection;
  readonly order: RekeyerOrder;
  readonly keysPerSecond: number;
}

export interface RekeyerProgress {
  /** Keys or index entries that this process has moved. */
  readonly moved: number;
  /** Sessions that were passed over, by the code of why. */
  readonly refused: Readonly<Record<string, number>>;
}

export type RekeyerReport =
  | ({ readonly state: "running" | "done" } & RekeyerProgress)
  | { readonly state: "failed"; readonly code: string; readonly message: string };

const config = readConfig();
// Who waits for an answer goes first.
setPriority(constants.priority.PRIORITY_LOW);
process.on("disconnect", () => process.exit(1));
// What Ctrl-C in the terminal means is for the command to say.
process.on("SIGINT", () => {});
process.once("message", (start) => {
  work(start as RekeyerStart).then(
    (progress) => tell({ state: "done", ...progress }),
    (error: unknown) => tell({ state: "failed", ...described(error) }),
  );
});

async function work({ connection, order, keysPerSecond }: RekeyerStart): Promise<RekeyerProgress> {
  const client = new pg.Client({ ...connection, application_name: "parcelkeep-rekeyer" });
  // What breaks the connection fails the query that runs on it.
  client.on("error", () => {});
  await client.connect();
  const store = rotationStore(client);
  try {
    const [opening, sealing] = [await openingKeysOf(config), await sealingKeysOf(config)];
    const table = { wrapsToMove: store.wrapsToMove, moveWraps: store.moveWraps.bind(null, order.rotation) };
    const told = ({ keys, refused }: { keys: number; refused: RekeyerProgress["refused"] }) => ({ moved: keys, refused });
    const report = (progress: Parameters<typeof told>[0]): void => tell({ state: "running", ...told(progress) });
    return told(await rewrapSessions(table, opening, sealing, order.epoch, paced(keysPerSecond), report));
  } finally {
    await client.end().catch(() => {});
  }
}

/** Waits until so many keys may have been done since the start. */
function paced(keysPerSecond: number): (keys: number) => Promise<void> {
  const startedAt = performance.now();
  let keys = 0;
  return async (more) => {
    keys += more;
    const aheadMs = (keys / keysPerSecond) * 1000 - (performance.now() - startedAt);
    if (aheadMs > 0) await wait(aheadMs);
  };
}

function tell(report: RekeyerReport): void {
  process.send?.(report, () => {
    if (report.state !== "running") process.exit(report.state === "done" ? 0 : 1);
  });
}

/** Database messages can quote values; ours cannot. */
function described(error: unknown): { readonly code: string; readonly message: string } {
  const { code, name, message } = error as { code?: string; name?: string; message?: string };
  return { code: code ?? name ?? "unknown", message: name === "KeyError" ? message! : `the database or the keys did not answer` };
}
