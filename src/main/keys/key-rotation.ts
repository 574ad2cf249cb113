import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { clientConfig } from "../../store/client-config.ts";
import { embeddedPostgresStatus } from "../../store/embedded/status.ts";
import { type RotationStore, rotationStore, takeRotationLock } from "../../store/rotation-store.ts";
import { type Config, isDatabaseNamed, readConnections } from "../config.ts";
import { holdFolder } from "../data-folder.ts";
import { type KeyRoots, keyRootsOf } from "./key-roots.ts";
import { runRekeyer } from "./rekeyer.ts";
import type { RekeyerOrder, RekeyerProgress } from "./rekeyer-process.ts";
import type { RoleConnection } from "../role.ts";
import { RotationError } from "./rotation-error.ts";
import { sealingKeysOf } from "./sealing-keys.ts";

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
  | {
      readonly event: "begun" | "resumed";
      readonly rotation: string;
      readonly kind: string;
      readonly tenant: string | null;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly event: "progress" | "finished";
      readonly rotation: string;
      readonly moved: number;
      /** Keys or index entries; null while the rest of an index has not been counted. */
      readonly left: number | null;
      /** Of the index that lies behind; null where wraps are moved. */
      readonly share: number | null;
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
  /** Tenants by the version of their index key; of so many, entries are being moved. */
  readonly indexVersions: readonly { readonly version: number; readonly tenants: number; readonly moving: number }[];
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
/** An erasure takes seconds. */
const passesMax = 5;
const passGapMs = 2_000;

/** @throws {RotationError} {@link KeyError} */
export function rotateWraps(config: Config, kind: "epoch" | "root", retire: boolean, order: RotationOrder): Promise<void> {
  return withDesk(config, async (desk) => {
    const run = await desk.store.beginWrapRotation(kind, order.operator);
    const to = run.to ?? (await newEpoch(desk.roots, run.from));
    await desk.store.aim(run.id, to);
    order.report({ event: run.isResumed ? "resumed" : "begun", rotation: run.id, kind, tenant: null, from: run.from, to });
    const left = async (): Promise<number> =>
      wrapsBefore(await desk.store.wrapsByEpoch(), to) + credentialsBefore(await desk.store.credentialWrapsByEpoch(), to);
    const finish = async (): Promise<number> => {
      await desk.store.finish(run.id);
      return left();
    };
    await move(config, desk, { kind: "wraps", rotation: run.id, epoch: to }, left, finish, order);
    if (retire) await retireBefore(desk, to, order);
  });
}

/**
 * Moves the entries of the blind index to a new key (`rotate-index.ts`). An unfinished run is ended first, whichever tenants it is of.
 * @param tenant null for all.
 * @throws {RotationError} {@link KeyError}
 */
export function rotateIndex(config: Config, tenant: string | null, order: RotationOrder): Promise<void> {
  return withDesk(config, async (desk) => {
    for (;;) {
      const rootEpoch = await derivationEpoch(config);
      const run = await desk.store.beginIndexRotation(order.operator, tenant, rootEpoch);
      const { id: rotation, from, to, isResumed } = run;
      order.report({ event: isResumed ? "resumed" : "begun", rotation, kind: "blind-index", tenant: run.tenant, from, to: to! });
      let { place } = run;
      // An entry that was out of the index for an erasure came back behind the run's place.
      for (let passes = 1; ; passes++) {
        let left = 0;
        const finish = async (): Promise<number> => (left = await desk.store.finishIndexRotation(rotation));
        await move(config, desk, { kind: "index", rotation, place }, async () => null, finish, order);
        if (left === 0) break;
        if (passes === passesMax) {
          throw new RotationError("entries-left", `${left} entries of the index belong to persons whose erasure is under way`, {
            hint: "parcelkeep keys rotate blind-index, when it has ended",
          });
        }
        place = null;
        await wait(passGapMs);
      }
      if (!isResumed || run.tenant === tenant) return;
    }
  });
}

/** The derivation root of the newest epoch: it is not the one that older keys of the index come from, so whoever learned that one has not this one. */
async function derivationEpoch(config: Config): Promise<number> {
  const keys = await sealingKeysOf(config);
  (await keys.derive("blind-index-rotation", keys.currentEpoch)).fill(0);
  return keys.currentEpoch;
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
      indexVersions: await store.indexVersions(),
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

function credentialsBefore(epochs: readonly { readonly epoch: number; readonly wraps: number }[], epoch: number): number {
  return epochs.filter((each) => each.epoch < epoch).reduce((sum, { wraps }) => sum + wraps, 0);
}

async function move(
  config: Config,
  { connection }: Desk,
  rekey: RekeyerOrder,
  left: () => Promise<number | null>,
  finish: () => Promise<number>,
  { keysPerSecond, report }: RotationOrder,
): Promise<void> {
  const startedAt = performance.now();
  let reportedAt = startedAt;
  const state = ({ moved, refused, share }: RekeyerProgress) => {
    const perSecond = Math.round(moved / ((performance.now() - startedAt) / 1000));
    return { rotation: rekey.rotation, moved, share, perSecond, refused };
  };
  let telling: Promise<void> = Promise.resolve();
  const done = await runRekeyer(config, { connection, order: rekey, keysPerSecond }, (progress) => {
    if (performance.now() - reportedAt < reportEveryMs) return;
    reportedAt = performance.now();
    telling = telling.then(async () => report({ event: "progress", ...state(progress), left: await left() }));
  });
  await telling;
  report({ event: "finished", ...state(done), left: await finish() });
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
  const client = new pg.Client({ ...clientConfig(connection), application_name: "parcelkeep-keys" });
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
