import pg from "pg";
import { embeddedPostgresStatus } from "../store/embedded/status.ts";
import { type RotationStore, rotationStore, takeRotationLock } from "../store/rotation-store.ts";
import { type Config, isDatabaseNamed, readConnections } from "./config.ts";
import { holdFolder } from "./data-folder.ts";
import { type KeyRoots, keyRootsOf } from "./key-roots.ts";
import { runRekeyer } from "./rekeyer.ts";
import type { RekeyerOrder } from "./rekeyer-process.ts";
import type { RoleConnection } from "./role.ts";
import { RotationError } from "./rotation-error.ts";

/*
 * A rotation of the wraps, step by step; each is durable before the next, and a command that is repeated begins at the first that is not done:
 *
 *   begun      a run stands in the database, from the newest epoch in use
 *   aimed      the provider has the new epoch, and the run names it; new sessions are of it from now on
 *   moving     sessions of older epochs get wraps of the new one, in batches, each with its entries in the register
 *   finished   no wrap of an older epoch is left, or those that do not open were counted
 *   retired    (asked for) the database refuses wraps of the older epochs, then the provider destroys what opens them
 *
 * A root is rotated by the same steps, since an epoch is a root of its own: a new key pair in files, a new root key in a token, a new key of a key service.
 */
export type RotationEvent =
  | { readonly event: "begun" | "resumed"; readonly rotation: string; readonly kind: string; readonly from: number; readonly to: number }
  | {
      readonly event: "progress" | "finished";
      readonly rotation: string;
      readonly moved: number;
      readonly left: number;
      readonly perSecond: number;
      readonly refused: Readonly<Record<string, number>>;
    }
  | { readonly event: "retired"; readonly minimumEpoch: number };

export interface RotationOrder {
  readonly operator: string;
  readonly keysPerSecond: number;
  readonly report: (event: RotationEvent) => void;
}

export interface KeyStatus {
  readonly currentEpoch: number;
  /** Wraps of earlier epochs are refused. */
  readonly minimumEpoch: number;
  /** Wraps in the database, by epoch. */
  readonly epochs: readonly { readonly epoch: number; readonly sessions: number; readonly wraps: number }[];
  /** The newest first. */
  readonly rotations: readonly {
    readonly id: string;
    readonly kind: string;
    readonly operator: string;
    readonly from: number;
    readonly to: number | null;
    readonly startedAt: string;
    readonly finishedAt: string | null;
    readonly registered: number;
    readonly entries: number;
  }[];
}

const wrapsPerSession = 3;
const reportEveryMs = 1_000;
const shownRotations = 10;

/** @throws {RotationError} {@link KeyError} */
export function rotateWraps(config: Config, kind: "epoch" | "root", retire: boolean, order: RotationOrder): Promise<void> {
  return withDesk(config, async (desk) => {
    const run = await desk.store.beginWrapRotation(kind, order.operator);
    const to = run.to ?? (await newEpoch(desk.roots, run.from));
    await desk.store.aim(run.id, to);
    order.report({ event: run.isResumed ? "resumed" : "begun", rotation: run.id, kind, from: run.from, to });
    const left = async (): Promise<number> => wrapsBefore(await desk.store.wrapsByEpoch(), to);
    await move(config, desk, { kind: "wraps", rotation: run.id, epoch: to }, left, order);
    await desk.store.finish(run.id);
    if (retire) await retireBefore(desk, to, order);
  });
}

/** Retires an epoch and all before it. @throws {RotationError} `wraps-left`, `no-such-epoch` */
export function retireEpoch(config: Config, epoch: number, order: Pick<RotationOrder, "operator" | "report">): Promise<void> {
  return withDesk(config, (desk) => retireBefore(desk, epoch + 1, order));
}

export function keyStatus(config: Config): Promise<KeyStatus> {
  return withStore(config, async (store) => {
    const roots = keyRootsOf(config);
    return {
      currentEpoch: await roots.currentEpoch(),
      minimumEpoch: await store.minimumEpoch(),
      epochs: (await store.wrapsByEpoch()).map(({ epoch, sessions }) => ({ epoch, sessions, wraps: sessions * wrapsPerSession })),
      rotations: (await store.rotations(shownRotations)).map(({ startedAt, finishedAt, reencryptions, ...run }) => ({
        ...run,
        startedAt: startedAt.toISOString(),
        finishedAt: finishedAt?.toISOString() ?? null,
        registered: reencryptions,
      })),
    };
  });
}

/** An epoch that nothing was wrapped for yet is a new one: made by a command that was cut short, or named in the settings of a key service. */
async function newEpoch(roots: KeyRoots, newestInUse: number): Promise<number> {
  const current = await roots.currentEpoch();
  return current > newestInUse ? current : roots.addEpoch();
}

function wrapsBefore(epochs: readonly { readonly epoch: number; readonly sessions: number }[], epoch: number): number {
  return epochs.filter((each) => each.epoch < epoch).reduce((sum, { sessions }) => sum + sessions * wrapsPerSession, 0);
}

async function move(
  config: Config,
  { connection }: Desk,
  rekey: RekeyerOrder,
  left: () => Promise<number>,
  { keysPerSecond, report }: RotationOrder,
): Promise<void> {
  const startedAt = performance.now();
  let reportedAt = startedAt;
  const state = async (moved: number, refused: Readonly<Record<string, number>>) => {
    const seconds = (performance.now() - startedAt) / 1000;
    return { rotation: rekey.rotation, moved, left: await left(), perSecond: Math.round(moved / seconds), refused };
  };
  let telling: Promise<void> = Promise.resolve();
  const done = await runRekeyer(config, { connection, order: rekey, keysPerSecond }, ({ moved, refused }) => {
    if (performance.now() - reportedAt < reportEveryMs) return;
    reportedAt = performance.now();
    telling = telling.then(async () => report({ event: "progress", ...(await state(moved, refused)) }));
  });
  await telling;
  report({ event: "finished", ...(await state(done.moved, done.refused)) });
}

/** The database refuses first, for good; the provider destroys then. Cut short between, the next call destroys. */
async function retireBefore(
  { store, roots }: Desk,
  minimumEpoch: number,
  { operator, report }: Pick<RotationOrder, "operator" | "report">,
): Promise<void> {
  const current = await roots.currentEpoch();
  if (minimumEpoch < 2 || minimumEpoch > current) {
    throw new RotationError("no-such-epoch", `epoch ${minimumEpoch - 1} cannot be retired: epoch ${current} is the current one`, {
      hint: "parcelkeep keys rotate epoch",
    });
  }
  const heldUp = await store.retireEpochs(minimumEpoch, operator);
  if (heldUp > 0) {
    throw new RotationError("wraps-left", `${heldUp * wrapsPerSession} wraps are of epochs before ${minimumEpoch}`, {
      hint: "parcelkeep keys rotate epoch --retire",
    });
  }
  await roots.retireBefore(minimumEpoch);
  report({ event: "retired", minimumEpoch });
}

/** What rotating takes: one at a time. */
interface Desk {
  readonly store: RotationStore;
  readonly roots: KeyRoots;
  readonly connection: RoleConnection;
}

async function withDesk<Result>(config: Config, work: (desk: Desk) => Promise<Result>): Promise<Result> {
  return withStore(config, async (store, client, connection) => {
    if (!(await takeRotationLock(client))) throw new RotationError("already-rotating", "another command rotates keys at this moment");
    return work({ store, roots: keyRootsOf(config), connection });
  });
}

async function withStore<Result>(
  config: Config,
  work: (store: RotationStore, client: pg.Client, connection: RoleConnection) => Promise<Result>,
): Promise<Result> {
  const { connection, release } = await databaseOf(config);
  const client = new pg.Client({ ...connection, application_name: "parcelkeep-keys" });
  client.on("error", () => {});
  try {
    await client.connect();
    return await work(rotationStore(client), client, connection);
  } finally {
    await client.end().catch(() => {});
    await release();
  }
}

/** The database that the settings name, or the data folder's: the running program's, or started for the time of the command. */
async function databaseOf(config: Config): Promise<{ readonly connection: RoleConnection; readonly release: () => Promise<void> }> {
  if (isDatabaseNamed()) return { connection: readConnections(["parcelkeep_rekeyer"]).parcelkeep_rekeyer, release: async () => {} };
  const status = await embeddedPostgresStatus(config.dataDir);
  if (status.state === "running") return { connection: status.connection("parcelkeep_rekeyer"), release: async () => {} };
  const folder = await holdFolder(config.dataDir, () => {});
  return { connection: folder.postgres.connection("parcelkeep_rekeyer"), release: () => folder.release() };
}
