import { randomBytes } from "node:crypto";
import pg from "pg";
import type { JobName } from "../domain/job-name.ts";
import type { ChangedShipment } from "./changes.ts";
import { booleanArray, int2Array, textArray, tidArray, uuidArray, uuidBytes } from "./binary-array.ts";

export class TurnError extends Error {
  override readonly name = "TurnError";
  /**
   * `contended`: another worker was at the same shipments; take the turn again. `refused`: one of the jobs cannot be applied; take fewer to find it.
   * `unavailable`: the database is away, or is not the one that this program knows; wait.
   */
  readonly code: "contended" | "refused" | "unavailable";
  constructor(code: TurnError["code"], message: string, options: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Jobs are kept in order within a lane. */
export const laneCount = 64;

export interface InboxJob {
  readonly record: string;
  readonly tenant: string;
  readonly message: string;
}

export interface StoredShipment {
  readonly id: string;
  readonly tenant: string;
  readonly carrier: string | null;
  readonly discriminator: string | null;
  readonly shownAs: string | null;
  readonly state: string;
}

export interface ShipmentRow extends StoredShipment {
  readonly isNew: boolean;
  readonly addedNumbers: readonly string[];
  readonly droppedNumbers: readonly string[];
}

export interface TurnResult {
  readonly writes: readonly ShipmentRow[];
  /** Shipments that hold nothing any more. */
  readonly merged: readonly { readonly id: string; readonly shownAs: string; readonly droppedNumbers: readonly string[] }[];
  /** Whatever `from` answered for, `to` answers for. */
  readonly redirected: readonly { readonly from: string; readonly to: string }[];
  /** Those of the added numbers that no shipment had. */
  readonly newNumbers: ReadonlySet<string>;
  /** Shipments that answer for each job, by the job's place. */
  readonly touched: readonly (readonly string[])[];
  /** Jobs for the dead letters, by place. */
  readonly failed: readonly { readonly job: number; readonly code: string }[];
}

/** What is done with a turn's jobs. */
export interface TurnPlan {
  /** All numbers that the jobs name. */
  readonly numbers: readonly string[];
  /** @param shipments every one that has one of these numbers. */
  readonly apply: (shipments: readonly StoredShipment[]) => TurnResult;
}

export interface Turn {
  readonly jobs: number;
  readonly failed: number;
  readonly changed: readonly ChangedShipment[];
}

export interface TurnShare {
  /** Where the search for lanes with jobs begins; 0 to 63. */
  readonly firstLane: number;
  readonly lanesMax: number;
  readonly jobsMax: number;
}

/**
 * Takes one turn at the inbox: jobs, their effects and their removal are one transaction, so each job takes effect exactly once.
 * @param plan pure; gets the jobs, of each lane in order.
 * @throws {TurnError} with any code; nothing has happened then.
 */
export function takeTurn(pool: pg.Pool, share: TurnShare, plan: MakePlan): Promise<Turn> {
  return inTransaction(pool, async (client) => turnWith(client, await claimJobs(client, share), plan));
}

export type MakePlan = (jobs: readonly InboxJob[]) => TurnPlan;

export interface NamedTurn extends Turn {
  /** The last job that was taken of each lane where more may be left; of the others nothing is left up to the job that was named. */
  readonly leftAfter: ReadonlyMap<number, string>;
}

/**
 * Takes a turn at the lanes that a queue names, each up to the job that is named there: those before it too, so that names that come late, twice, in another
 * order or not at all change nothing in what is done and in which order.
 * @param named one job of a lane.
 * @param jobsMax of each lane.
 * @throws {TurnError} with any code; nothing has happened then.
 */
export function takeNamedTurn(pool: pg.Pool, named: readonly JobName[], jobsMax: number, plan: MakePlan): Promise<NamedTurn> {
  return inTransaction(pool, async (client) => {
    const { rows: jobs } = await client.query<ClaimedJob & JobName>({
      name: "claim_named_jobs",
      text: "select place, lane, seq, record, tenant, message from parcelkeep.claim_named_jobs($1, $2, $3)",
      values: [named.map(({ lane }) => lane), named.map(({ seq }) => seq), jobsMax],
    });
    const counts = new Map<number, number>();
    const leftAfter = new Map<number, string>();
    for (const { lane, seq } of jobs) {
      const count = (counts.get(lane) ?? 0) + 1;
      counts.set(lane, count);
      if (count === jobsMax) leftAfter.set(lane, seq);
    }
    return { ...(await turnWith(client, jobs, plan)), leftAfter };
  });
}

export interface ClaimedJob extends InboxJob {
  /** Where its row is while the lane's lock is held. */
  readonly place: string;
}

/** What a turn does that only removes jobs. */
export function withoutEffect(jobs: readonly InboxJob[]): TurnResult {
  return { writes: [], merged: [], redirected: [], newNumbers: new Set(), touched: jobs.map(() => []), failed: [] };
}

/** Locks lanes for the rest of the transaction and reads their oldest jobs. */
async function claimJobs(client: pg.ClientBase, { firstLane, lanesMax, jobsMax }: TurnShare): Promise<readonly ClaimedJob[]> {
  const { rows } = await client.query<ClaimedJob>({
    name: "claim_jobs",
    text: "select place, record, tenant, message from parcelkeep.claim_jobs($1, $2, $3)",
    values: [firstLane, Math.min(lanesMax, jobsMax), jobsMax],
  });
  return rows;
}

async function inTransaction<Result>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect().catch((error: unknown) => {
    throw turnError(error);
  });
  let broken: Error | undefined;
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch((failure: Error) => (broken = failure));
    throw error instanceof TurnError ? error : turnError(error);
  } finally {
    client.release(broken);
  }
}

async function turnWith(client: pg.PoolClient, jobs: readonly ClaimedJob[], plan: MakePlan): Promise<Turn> {
  if (jobs.length === 0) return { jobs: 0, failed: 0, changed: [] };
  const { numbers, apply } = orRefuse(() => plan(jobs));
  const held = numbers.length === 0 ? [] : await lockShipments(client, numbers);
  const result = orRefuse(() => apply(held));
  const publicIds = publicIdsOf(held, result.writes);
  await finishTurn(client, jobs, result, publicIds);
  return { jobs: jobs.length, failed: result.failed.length, changed: changedShipments(held, result, publicIds) };
}

/** Writes what jobs did and removes them. */
export async function finishTurn(
  client: pg.ClientBase,
  jobs: readonly ClaimedJob[],
  result: TurnResult,
  publicIds: ReadonlyMap<string, string | null>,
): Promise<void> {
  const told = result.writes.filter(({ shownAs }) => shownAs === null);
  await client.query({
    name: "finish_turn",
    text: finishText,
    values: [
      ...finishValues(jobs, result, publicIds),
      uuidArray(told.map(({ id }) => uuidBytes(id))),
      uuidArray(told.map(({ tenant }) => uuidBytes(tenant))),
    ],
  });
}

function orRefuse<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw new TurnError("refused", "the jobs of a turn cannot be applied", { cause });
  }
}

/** By SQLSTATE (PostgreSQL, appendix A): 40, a lane that was waited for in vain (55P03), a number that another worker was first to take; 21, 22, 23 and 54 are about values. */
function turnError(cause: unknown): TurnError {
  const state = cause instanceof pg.DatabaseError ? (cause.code ?? "") : "";
  if (state.startsWith("40") || state === "23505" || state === "55P03")
    return new TurnError("contended", "another worker was at the same shipments", { cause });
  if (/^(21|22|23|54)/.test(state)) return new TurnError("refused", "the database does not take what a turn writes", { cause });
  return new TurnError("unavailable", "the database did not take a turn", { cause });
}

interface LockedShipment extends StoredShipment {
  readonly publicId: string | null;
}

async function lockShipments(client: pg.PoolClient, numbers: readonly string[]): Promise<readonly LockedShipment[]> {
  const { rows } = await client.query<LockedShipment>({
    name: "lock_shipments",
    text: 'select id, public_id as "publicId", tenant, carrier, discriminator, shown_as as "shownAs", state from parcelkeep.lock_shipments($1)',
    values: [textArray(numbers)],
  });
  return rows;
}

/** A shipment gets its public id when it is first shown: 16 random bytes. */
function publicIdsOf(held: readonly LockedShipment[], writes: readonly ShipmentRow[]): ReadonlyMap<string, string | null> {
  const publicIds = new Map(held.map(({ id, publicId }) => [id, publicId]));
  const made = writes.filter(({ isNew, shownAs }) => isNew && shownAs === null);
  const random = randomBytes(16 * made.length);
  for (const [index, { id }] of made.entries()) publicIds.set(id, random.toString("base64url", 16 * index, 16 * index + 16));
  return publicIds;
}

function changedShipments(
  held: readonly LockedShipment[],
  { writes, merged, redirected }: TurnResult,
  publicIds: ReadonlyMap<string, string | null>,
): readonly ChangedShipment[] {
  const tenants = new Map(held.map(({ id, tenant }) => [id, tenant]));
  for (const { id, tenant } of writes) tenants.set(id, tenant);
  const ids = new Set([...writes.map(({ id }) => id), ...merged.map(({ id }) => id), ...redirected.map(({ from }) => from)]);
  const changed: ChangedShipment[] = [];
  for (const id of ids) {
    const publicId = publicIds.get(id) ?? null;
    if (publicId !== null) changed.push({ id, publicId, tenant: tenants.get(id)! });
  }
  return changed;
}

const parameters = Array.from({ length: 29 }, (_, index) => `$${index + 1}`);
/** With the outbox of webhooks: whom a change is told is a matter of the same commit. */
const finishText = `select parcelkeep.finish_turn(${parameters.join()}), parcelkeep.note_shipment_changes($30, $31)`;

/** The arguments of `finish_turn`, in its order. */
function finishValues(jobs: readonly ClaimedJob[], result: TurnResult, publicIds: ReadonlyMap<string, string | null>): Buffer[] {
  const { writes, merged, redirected, failed } = result;
  const outcomes = outcomesOf(jobs, result.touched);
  const made = writes.filter(({ isNew }) => isNew);
  const kept = writes.filter(({ isNew }) => !isNew);
  const dropped = [...writes, ...merged].flatMap(({ id, droppedNumbers }) => droppedNumbers.map((number) => ({ number, id })));
  const added = addedNumbers(writes, result.newNumbers);
  return [
    tidArray(jobs.map(({ place }) => place)),
    uuidArray(outcomes.map(({ record }) => uuidBytes(record))),
    uuidArray(outcomes.map(({ shipment }) => optionalUuid(shipment))),
    int2Array(outcomes.map(({ jobs: done }) => done)),
    uuidArray(made.map(({ id }) => uuidBytes(id))),
    textArray(made.map(({ id }) => publicIds.get(id) ?? null)),
    uuidArray(made.map(({ tenant }) => uuidBytes(tenant))),
    textArray(made.map(({ carrier }) => carrier)),
    textArray(made.map(({ discriminator }) => discriminator)),
    uuidArray(made.map(({ shownAs }) => optionalUuid(shownAs))),
    textArray(made.map(({ state }) => state)),
    uuidArray(kept.map(({ id }) => uuidBytes(id))),
    textArray(kept.map(({ carrier }) => carrier)),
    textArray(kept.map(({ discriminator }) => discriminator)),
    uuidArray(kept.map(({ shownAs }) => optionalUuid(shownAs))),
    textArray(kept.map(({ state }) => state)),
    textArray(dropped.map(({ number }) => number)),
    uuidArray(dropped.map(({ id }) => uuidBytes(id))),
    textArray(added.map(({ number }) => number)),
    uuidArray(added.map(({ tenant }) => uuidBytes(tenant))),
    uuidArray(added.map(({ id }) => uuidBytes(id))),
    int2Array(added.map(({ nth }) => nth)),
    booleanArray(added.map(({ isNew }) => isNew)),
    uuidArray(merged.map(({ id }) => uuidBytes(id))),
    uuidArray(merged.map(({ shownAs }) => uuidBytes(shownAs))),
    uuidArray(redirected.map(({ from }) => uuidBytes(from))),
    uuidArray(redirected.map(({ to }) => uuidBytes(to))),
    tidArray(failed.map(({ job }) => jobs[job]!.place)),
    textArray(failed.map(({ code }) => code)),
  ];
}

interface Outcome {
  readonly record: string;
  readonly shipment: string | null;
  jobs: number;
}

/** One row per record and shipment; a job counts in one of its rows. */
function outcomesOf(jobs: readonly InboxJob[], touched: TurnResult["touched"]): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  const byKey = new Map<string, Outcome>();
  for (const [index, { record }] of jobs.entries()) {
    const shipments = touched[index]!;
    for (let place = 0; place < Math.max(1, shipments.length); place++) {
      const shipment = shipments[place] ?? null;
      const key = shipment === null ? record : record + shipment;
      let outcome = byKey.get(key);
      if (outcome === undefined) {
        outcome = { record, shipment, jobs: 0 };
        byKey.set(key, outcome);
        outcomes.push(outcome);
      }
      if (place === 0) outcome.jobs++;
    }
  }
  return outcomes;
}

interface AddedNumber {
  readonly number: string;
  readonly tenant: string;
  readonly id: string;
  /** How many shipments get the number before this one, in this turn. */
  readonly nth: number;
  readonly isNew: boolean;
}

/** In the order of numbers, so that two workers that give the same numbers to shipments do not wait for each other in a circle. */
function addedNumbers(writes: readonly ShipmentRow[], newNumbers: ReadonlySet<string>): readonly AddedNumber[] {
  const counts = new Map<string, number>();
  const added: AddedNumber[] = [];
  for (const { id, tenant, addedNumbers: numbers } of writes) {
    for (const number of numbers) {
      const nth = counts.get(number) ?? 0;
      counts.set(number, nth + 1);
      added.push({ number, tenant, id, nth, isNew: newNumbers.has(number) });
    }
  }
  return added.sort((a, b) => (a.number < b.number ? -1 : a.number > b.number ? 1 : a.nth - b.nth));
}

function optionalUuid(text: string | null): Buffer | null {
  return text === null ? null : uuidBytes(text);
}
