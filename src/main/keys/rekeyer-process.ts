import { constants, setPriority } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { clientConfig } from "../../store/client-config.ts";
import { type RotationStore, rotationStore } from "../../store/rotation-store.ts";
import type { OpeningKeys, SealingKeys } from "../../vault/keys/provider.ts";
import { rewrap } from "../../vault/keys/rewrap.ts";
import { type RewrapProgress, rewrapSessions } from "../../vault/rewrap-sessions.ts";
import { moveIndex } from "../../vault/rotate-index.ts";
import { readConfig } from "../config.ts";
import { openingKeysOf } from "../releases/opening-keys.ts";
import type { RoleConnection } from "../role.ts";
import { sealingKeysOf } from "./sealing-keys.ts";

/** What a rekeyer is started for. It does that and ends; killed at any point, another takes up where it was. */
export type RekeyerOrder =
  | { readonly kind: "wraps"; readonly rotation: string; readonly epoch: number }
  /** Needs no key that opens, and is given none. */
  | { readonly kind: "index"; readonly rotation: string; readonly place: string | null };

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
  /** Of the index that lies behind; null where wraps are moved. */
  readonly share: number | null;
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
  const client = new pg.Client({ ...clientConfig(connection), application_name: "parcelkeep-rekeyer" });
  // What breaks the connection fails the query that runs on it.
  client.on("error", () => {});
  await client.connect();
  const store = rotationStore(client);
  try {
    switch (order.kind) {
      case "wraps":
        return await moveWraps(store, order, paced(keysPerSecond));
      case "index":
        return await moveEntries(store, order, paced(keysPerSecond));
    }
  } finally {
    await client.end().catch(() => {});
  }
}

type Pace = (keys: number) => Promise<void>;

async function moveWraps(
  store: RotationStore,
  { rotation, epoch }: Extract<RekeyerOrder, { kind: "wraps" }>,
  pace: Pace,
): Promise<RekeyerProgress> {
  const [opening, sealing] = [await openingKeysOf(config), await sealingKeysOf(config)];
  const table = { wrapsToMove: store.wrapsToMove, moveWraps: store.moveWraps.bind(null, rotation) };
  const progress = ({ keys, refused }: RewrapProgress): RekeyerProgress => ({ moved: keys, refused, share: null });
  const report = (done: RewrapProgress): void => tell({ state: "running", ...progress(done) });
  const sessions = await rewrapSessions(table, opening, sealing, epoch, pace, report);
  const credentials = await moveCredentials(store, rotation, epoch, opening, sealing, pace);
  return progress({ keys: sessions.keys + credentials, refused: sessions.refused });
}

/** Credentials of carriers, which have a data key each. They are few; one that does not open holds the run up, so that nobody retires what opens it. */
async function moveCredentials(
  store: RotationStore,
  rotation: string,
  epoch: number,
  opening: OpeningKeys,
  sealing: SealingKeys,
  pace: Pace,
): Promise<number> {
  let moved = 0;
  for (;;) {
    const batch = await store.credentialsToMove(epoch, credentialsAtOnce);
    if (batch.length === 0) return moved;
    const wraps = await Promise.all(
      batch.map(async (each) => {
        const context = { tenant: each.tenant, purpose: "carrier-credentials", epoch: each.epoch } as const;
        return { ...each, wrapped: await rewrap(opening, sealing, each.wrapped, context, epoch) };
      }),
    );
    const done = await store.moveCredentials(rotation, wraps);
    // Somebody removed or moved them meanwhile; the next look tells.
    if (done === 0 && batch.length < credentialsAtOnce) return moved;
    moved += done;
    await pace(batch.length);
  }
}

const credentialsAtOnce = 50;

async function moveEntries(
  store: RotationStore,
  { rotation, place }: Extract<RekeyerOrder, { kind: "index" }>,
  pace: Pace,
): Promise<RekeyerProgress> {
  const table = {
    targets: () => store.indexTargets(rotation),
    next: (after: string | null, limit: number) => store.indexEntriesToMove(rotation, after, limit),
    move: store.moveIndexEntries.bind(null, rotation),
  };
  const report = (moved: number, share: number): void => tell({ state: "running", moved, refused: {}, share });
  return { moved: await moveIndex(table, await sealingKeysOf(config), place, pace, report), refused: {}, share: 1 };
}

/** Waits until so many keys may have been done since the start. */
function paced(keysPerSecond: number): Pace {
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
