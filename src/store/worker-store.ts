import { randomBytes } from "node:crypto";
import type pg from "pg";
import { textArray, uuidArray, uuidBytes } from "./binary-array.ts";

/** Lanes that one worker takes at a time, so that several workers share them. */
const lanesPerTurn = 16;
const jobsPerTurn = 500;
const laneLock = 77;

export interface InboxJob {
  readonly record: string;
  readonly tenant: string;
  readonly message: string;
  readonly lane: number;
  readonly seq: string;
}

export interface StoredShipment {
  readonly id: string;
  readonly tenant: string;
  readonly discriminator: string;
  readonly state: string;
  readonly numbers: readonly string[];
}

export interface ShipmentWrite {
  readonly id: string;
  readonly tenant: string;
  readonly carrier: string | null;
  readonly discriminator: string;
  readonly number: string | null;
  readonly state: string;
  readonly numbers: readonly string[];
  readonly isNew: boolean;
}

export interface TurnResult {
  readonly writes: readonly ShipmentWrite[];
  readonly touched: readonly (string | null)[];
  readonly failed: readonly { readonly job: number; readonly code: string }[];
}

export interface Turn {
  readonly jobs: number;
  readonly failed: number;
  readonly changedShipments: readonly string[];
}

/**
 * Takes one turn at the inbox: jobs, their effects and their removal are one transaction, so each job takes effect exactly once. A lane is
 * locked before it is read (one statement that does both would read with a snapshot older than the lock and deliver twice).
 * @param apply pure; gets the jobs in order and the shipments that `numbersOf` asked for, locked.
 */
export async function takeTurn(
  pool: pg.Pool,
  numbersOf: (jobs: readonly InboxJob[]) => readonly string[],
  apply: (jobs: readonly InboxJob[], shipments: readonly StoredShipment[]) => TurnResult,
  jobsMax: number = jobsPerTurn,
): Promise<Turn> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const lanes = await client.query<{ lane: number }>(
      "select lane from generate_series(0, 63) lane where exists (select from parcelkeep.inbox i where i.lane = lane.lane) and pg_try_advisory_xact_lock($1, lane) limit $2",
      [laneLock, lanesPerTurn],
    );
    if (lanes.rows.length === 0) {
      await client.query("commit");
      return { jobs: 0, failed: 0, changedShipments: [] };
    }
    const { rows: jobs } = await client.query<InboxJob>(
      "select lane, seq, record, tenant, message from parcelkeep.inbox where lane = any($1::smallint[]) order by seq limit $2",
      [lanes.rows.map((row) => row.lane), jobsMax],
    );
    const { rows: shipments } = await client.query<StoredShipment>(
      `select s.id, s.tenant, s.discriminator, s.state,
         (select array_agg(n.number) from parcelkeep.shipment_numbers n where n.shipment = s.id) as numbers
       from parcelkeep.shipments s where s.id in (select shipment from parcelkeep.shipment_numbers where number = any($1)) order by s.id for update of s`,
      [numbersOf(jobs)],
    );
    const result = apply(jobs, shipments);
    await write(client, jobs, result);
    await client.query("commit");
    return { jobs: jobs.length, failed: result.failed.length, changedShipments: result.writes.map((each) => each.id) };
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

async function write(client: pg.PoolClient, jobs: readonly InboxJob[], result: TurnResult): Promise<void> {
  const made = result.writes.filter((each) => each.isNew);
  const kept = result.writes.filter((each) => !each.isNew);
  if (made.length > 0) {
    await client.query({
      name: "insert_shipments",
      text: `insert into parcelkeep.shipments (id, public_id, tenant, carrier, discriminator, number, state)
        select id, public_id, tenant, nullif(carrier, ''), discriminator, nullif(number, ''), state from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
          as s(id, public_id, tenant, carrier, discriminator, number, state)`,
      values: [
        uuidArray(made.map((each) => uuidBytes(each.id))),
        textArray(made.map(() => randomBytes(16).toString("base64url"))),
        uuidArray(made.map((each) => uuidBytes(each.tenant))),
        textArray(made.map((each) => each.carrier ?? "")),
        textArray(made.map((each) => each.discriminator)),
        textArray(made.map((each) => each.number ?? "")),
        textArray(made.map((each) => each.state)),
      ],
    });
  }
  if (kept.length > 0) {
    await client.query({
      name: "update_shipments",
      text: `update parcelkeep.shipments s set carrier = nullif(n.carrier, ''), discriminator = n.discriminator, state = n.state, version = s.version + 1, updated_at = now()
        from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as n(id, carrier, discriminator, state) where s.id = n.id`,
      values: [
        uuidArray(kept.map((each) => uuidBytes(each.id))),
        textArray(kept.map((each) => each.carrier ?? "")),
        textArray(kept.map((each) => each.discriminator)),
        textArray(kept.map((each) => each.state)),
      ],
    });
  }
  const numbers = result.writes.flatMap((each) => each.numbers.map((number) => ({ ...each, number })));
  if (numbers.length > 0) {
    await client.query(
      "insert into parcelkeep.shipment_numbers (tenant, number, shipment) select * from unnest($1::uuid[], $2::text[], $3::uuid[]) on conflict do nothing",
      [
        uuidArray(numbers.map((each) => uuidBytes(each.tenant))),
        textArray(numbers.map((each) => each.number)),
        uuidArray(numbers.map((each) => uuidBytes(each.id))),
      ],
    );
  }
  await client.query(
    `with done as (
       select record, count(*)::int as jobs, coalesce(array_agg(distinct shipment) filter (where shipment is not null), '{}') as shipments
       from unnest($1::uuid[], $2::uuid[]) as d(record, shipment) group by record
     )
     update parcelkeep.records r set shipments = r.shipments || done.shipments, message_count = r.message_count - done.jobs,
       state = case when r.state = 'a' and r.message_count <= done.jobs then 'p' else r.state end
     from done where r.id = done.record`,
    [jobs.map((job) => job.record), result.touched],
  );
  const dead = result.failed.map(({ job, code }) => ({ ...jobs[job]!, code }));
  if (dead.length > 0) {
    await client.query(
      `insert into parcelkeep.dead_letters (id, tenant, record, message, lane, code, received_at)
       select gen_random_uuid(), tenant, record, message, lane, code, now() from unnest($1::uuid[], $2::uuid[], $3::text[], $4::smallint[], $5::text[]) as d(tenant, record, message, lane, code)`,
      [
        dead.map((each) => each.tenant),
        dead.map((each) => each.record),
        dead.map((each) => each.message),
        dead.map((each) => each.lane),
        dead.map((each) => each.code),
      ],
    );
  }
  await client.query(
    "delete from parcelkeep.inbox using unnest($1::smallint[], $2::bigint[]) as d(lane, seq) where inbox.lane = d.lane and inbox.seq = d.seq",
    [jobs.map((job) => job.lane), jobs.map((job) => job.seq)],
  );
}
