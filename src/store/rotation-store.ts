import type pg from "pg";
import { byteaArray, int2Array, int4Array, uuidArray, uuidBytes } from "./binary-array.ts";

/** The wraps of one ingest session's three data keys. */
export interface SessionWraps {
  readonly session: number;
  readonly tenant: string;
  readonly epoch: number;
  readonly wrapped: Readonly<Record<"raw-records" | "personal-values" | "tracking-numbers", Uint8Array>>;
}

/** The wrap of the data key of a carrier's credential. */
export interface CredentialWrap {
  readonly id: string;
  readonly tenant: string;
  readonly epoch: number;
  readonly wrapped: Uint8Array;
}

export interface RotationRun {
  readonly id: string;
  readonly from: number;
  /** Null until the provider has made the epoch. */
  readonly to: number | null;
  /** Begun by a command that did not end it. */
  readonly isResumed: boolean;
}

/** A run over the blind index. */
export interface IndexRotationRun extends RotationRun {
  /** Null: of all tenants. */
  readonly tenant: string | null;
  /** Null: at the beginning. */
  readonly place: string | null;
}

/** The newest key of a tenant's index, to which a run moves the entries. */
export interface IndexTarget {
  readonly tenant: string;
  readonly version: number;
  readonly rootEpoch: number;
}

/** Entries are 16 bytes. */
export interface IndexEntryToMove {
  readonly blind: Uint8Array;
  readonly tenant: string;
  readonly version: number;
}

export interface MovedIndexEntry extends IndexEntryToMove {
  readonly moved: Uint8Array;
}

export interface EndedRotation {
  readonly id: string;
  readonly kind: string;
  readonly operator: string;
  readonly from: number;
  readonly to: number | null;
  readonly startedAt: Date;
  /** Null while it is not finished. */
  readonly finishedAt: Date | null;
  /** Entries of the register, each of so many keys or index entries. */
  readonly reencryptions: number;
  readonly entries: number;
}

/** Any fixed number; whoever rotates holds it. */
const rotationKey = 7_204_119;

/** @returns whether this connection is now the one that rotates. It stops being that when the connection ends, however it ends. */
export async function takeRotationLock(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>("select pg_try_advisory_lock($1) as held", [rotationKey]);
  return rows[0]?.held === true;
}

/** What the role `parcelkeep_rekeyer` may do: replace wraps and index entries, and keep the register of it. It reads nothing that was sealed. */
export type RotationStore = ReturnType<typeof rotationStore>;

export function rotationStore(client: Pick<pg.ClientBase, "query">) {
  const rows = async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> =>
    (await client.query<Row>(text, [...values])).rows;
  return {
    beginWrapRotation: async (kind: "epoch" | "root", operator: string): Promise<RotationRun> => {
      const [run] = await rows<{ id: string; from_version: number; to_version: number | null; resumed: boolean }>(
        "select * from parcelkeep.begin_wrap_rotation($1, $2)",
        [kind, operator],
      );
      return { id: run!.id, from: run!.from_version, to: run!.to_version, isResumed: run!.resumed };
    },
    aim: async (rotation: string, to: number): Promise<void> => void (await rows("select parcelkeep.aim_rotation($1, $2)", [rotation, to])),
    finish: async (rotation: string): Promise<void> => void (await rows("select parcelkeep.finish_rotation($1)", [rotation])),
    wrapsToMove: async (epoch: number, afterSession: number, limit: number): Promise<readonly SessionWraps[]> => {
      const found = await rows<{
        id: number;
        tenant: string;
        epoch: number;
        wrapped_raw: Buffer;
        wrapped_values: Buffer;
        wrapped_numbers: Buffer;
      }>("select * from parcelkeep.wraps_to_move($1, $2, $3)", [epoch, afterSession, limit]);
      return found.map(({ id: session, tenant, epoch: from, wrapped_raw, wrapped_values, wrapped_numbers }) => ({
        session,
        tenant,
        epoch: from,
        wrapped: { "raw-records": wrapped_raw, "personal-values": wrapped_values, "tracking-numbers": wrapped_numbers },
      }));
    },
    /** @param moved their `epoch` is the one that the wraps were of. @returns how many sessions were replaced and registered. */
    moveWraps: async (rotation: string, moved: readonly SessionWraps[]): Promise<number> => {
      const [result] = await rows<{ moved: number }>("select parcelkeep.move_wraps($1, $2, $3, $4, $5, $6) as moved", [
        rotation,
        int4Array(moved.map(({ session }) => session)),
        int4Array(moved.map(({ epoch }) => epoch)),
        byteaArray(moved.map(({ wrapped }) => wrapped["raw-records"])),
        byteaArray(moved.map(({ wrapped }) => wrapped["personal-values"])),
        byteaArray(moved.map(({ wrapped }) => wrapped["tracking-numbers"])),
      ]);
      return result!.moved;
    },
    credentialsToMove: async (epoch: number, limit: number): Promise<readonly CredentialWrap[]> =>
      rows<{ id: string; tenant: string; epoch: number; wrapped: Buffer }>("select * from parcelkeep.credential_wraps_to_move($1, $2)", [
        epoch,
        limit,
      ]),
    /** @param moved their `epoch` is the one that the wraps were of. @returns how many were replaced and registered. */
    moveCredentials: async (rotation: string, moved: readonly CredentialWrap[]): Promise<number> => {
      const [result] = await rows<{ moved: number }>("select parcelkeep.move_credential_wraps($1, $2, $3, $4) as moved", [
        rotation,
        moved.map(({ id }) => id),
        int4Array(moved.map(({ epoch }) => epoch)),
        byteaArray(moved.map(({ wrapped }) => wrapped)),
      ]);
      return result!.moved;
    },
    /** Carriers' credentials by the epoch of their wraps. */
    credentialWrapsByEpoch: async (): Promise<readonly { readonly epoch: number; readonly wraps: number }[]> =>
      (await rows<{ epoch: number; wraps: string }>("select * from parcelkeep.credential_wraps_by_epoch()")).map(({ epoch, wraps }) => ({
        epoch,
        wraps: Number(wraps),
      })),
    /** @param tenant null for all. @param rootEpoch of the derivation root that the new keys come from. */
    beginIndexRotation: async (operator: string, tenant: string | null, rootEpoch: number): Promise<IndexRotationRun> => {
      const [run] = await rows<{
        id: string;
        tenant: string | null;
        from_version: number;
        to_version: number;
        place: string | null;
        resumed: boolean;
      }>("select * from parcelkeep.begin_index_rotation($1, $2, $3)", [operator, tenant, rootEpoch]);
      const { id, from_version: from, to_version: to, place, resumed: isResumed } = run!;
      return { id, tenant: run!.tenant, from, to, place, isResumed };
    },
    indexTargets: async (rotation: string): Promise<readonly IndexTarget[]> =>
      (
        await rows<{ tenant: string; version: number; root_epoch: number }>("select * from parcelkeep.index_versions_in($1)", [rotation])
      ).map(({ tenant, version, root_epoch: rootEpoch }) => ({ tenant, version, rootEpoch })),
    /** @returns what is to be moved among the next `limit` entries of the whole index, and where those end; null: there are no more. */
    indexEntriesToMove: async (
      rotation: string,
      after: string | null,
      limit: number,
    ): Promise<{ readonly entries: readonly IndexEntryToMove[]; readonly place: string } | null> => {
      const found = await rows<{ blind: string; tenant: string | null; to_version: number | null }>(
        "select * from parcelkeep.index_entries_to_move($1, $2, $3)",
        [rotation, after, limit],
      );
      const end = found.find(({ tenant }) => tenant === null);
      if (end === undefined) return null;
      const entries = found.flatMap(({ blind, tenant, to_version: version }) =>
        tenant === null ? [] : [{ blind: uuidBytes(blind), tenant, version: version! }],
      );
      return { entries, place: end.blind };
    },
    /** @returns how many were moved and registered; the place is kept in any case. */
    moveIndexEntries: async (rotation: string, moved: readonly MovedIndexEntry[], place: string): Promise<number> => {
      const [result] = await rows<{ moved: number }>("select parcelkeep.move_index_entries($1, $2, $3, $4, $5) as moved", [
        rotation,
        uuidArray(moved.map((entry) => entry.blind)),
        uuidArray(moved.map((entry) => entry.moved)),
        int2Array(moved.map((entry) => entry.version)),
        place,
      ]);
      return result!.moved;
    },
    /** @returns entries that are left; with 0 the run is finished. */
    finishIndexRotation: async (rotation: string): Promise<number> =>
      Number((await rows<{ left_over: string }>("select parcelkeep.finish_index_rotation($1) as left_over", [rotation]))[0]!.left_over),
    /** Tenants by the newest version of their index key. */
    indexVersions: async (): Promise<readonly { readonly version: number; readonly tenants: number; readonly moving: number }[]> =>
      (await rows<{ version: number; tenants: string; moving: string }>("select * from parcelkeep.index_versions_summary()")).map(
        ({ version, tenants, moving }) => ({ version, tenants: Number(tenants), moving: Number(moving) }),
      ),
    /** Ingest sessions by the epoch of their wraps, oldest first. */
    wrapsByEpoch: async (): Promise<readonly { readonly epoch: number; readonly sessions: number }[]> =>
      (await rows<{ epoch: number; sessions: string }>("select * from parcelkeep.wraps_by_epoch()")).map(({ epoch, sessions }) => ({
        epoch,
        sessions: Number(sessions),
      })),
    /** @returns sessions whose wraps are of an earlier epoch; unless there is none, nothing has changed. */
    retireEpochs: async (minimum: number, operator: string): Promise<number> =>
      Number((await rows<{ held_up: string }>("select parcelkeep.retire_epochs($1, $2) as held_up", [minimum, operator]))[0]!.held_up),
    minimumEpoch: async (): Promise<number> => (await rows<{ minimum: number }>("select minimum from parcelkeep.wrap_epochs"))[0]!.minimum,
    /** The newest first. */
    rotations: async (limit: number): Promise<readonly EndedRotation[]> =>
      (
        await rows<{
          id: string;
          kind: string;
          operator: string;
          from_version: number;
          to_version: number | null;
          started_at: Date;
          finished_at: Date | null;
          reencryptions: string;
          entries: string;
        }>(
          `select r.*, count(e.id) as reencryptions, coalesce(sum(e.entries), 0) as entries
           from (select id, kind, operator, from_version, to_version, started_at, finished_at from parcelkeep.rotations order by started_at desc, id limit $1) r
           left join parcelkeep.reencryptions e on e.rotation = r.id
           group by r.id, r.kind, r.operator, r.from_version, r.to_version, r.started_at, r.finished_at order by r.started_at desc, r.id`,
          [limit],
        )
      ).map((row) => ({
        id: row.id,
        kind: row.kind,
        operator: row.operator,
        from: row.from_version,
        to: row.to_version,
        startedAt: row.started_at,
        finishedAt: row.finished_at,
        reencryptions: Number(row.reencryptions),
        entries: Number(row.entries),
      })),
  };
}
