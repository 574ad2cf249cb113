import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import type { Message } from "../../src/domain/message.ts";
import { packMessage } from "../../src/domain/packed-message.ts";
import { packShipment, unpackShipment } from "../../src/domain/packed-shipment.ts";
import { ownerRole } from "../../src/store/roles.ts";
import { testDatabase, type TestDatabase } from "./database.ts";

export const tenant = randomUUID();

/** Says nothing but that there is a parcel. */
export const plain: Message = {
  version: 1,
  kind: "tracking",
  source: "ups",
  carrier: "ups",
  number: "a",
  discriminator: null,
  alternatives: [],
  parent: null,
  references: [],
  events: [],
  summary: null,
  estimatedDelivery: null,
  personal: [],
  textToken: null,
};

export interface Received {
  /** Null for one that cannot be read. */
  readonly message: Message | null;
  readonly lane: number;
}

export async function databaseWithTenant(t: TestContext): Promise<TestDatabase> {
  const database = await testDatabase(t);
  await database.pool(ownerRole).query("insert into parcelkeep.tenants (id, name) values ($1, 'T')", [tenant]);
  return database;
}

/** As the ingress commits it: a record with its jobs. @returns the receipt. */
export async function receive(database: TestDatabase, ...jobs: readonly Received[]): Promise<string> {
  const record = randomUUID();
  const owner = database.pool(ownerRole);
  await owner.query(
    `insert into parcelkeep.records (id, dedupe, content, tenant, endpoint, source, received_at, session, batch, batch_offset, sealed_bytes, message_count)
     values ($1, $2, $2, $3, 'ep', 'ups', now(), 1, 1, 1, 1, $4)`,
    [record, randomUUID(), tenant, jobs.length],
  );
  await owner.query(
    "insert into parcelkeep.inbox (lane, record, tenant, received_at, message) select lane, $2, $3, now(), message from unnest($1::smallint[], $4::text[]) j(lane, message)",
    [jobs.map(({ lane }) => lane), record, tenant, jobs.map(({ message }) => (message === null ? "{}" : packMessage(message)))],
  );
  return record;
}

/** Shipments as the API shows them, in an order of their own. */
export async function shownStates(database: TestDatabase): Promise<readonly string[]> {
  const { rows } = await database.pool(ownerRole).query<{ state: string }>("select state from parcelkeep.shipments where shown_as is null");
  return rows.map(({ state }) => packShipment(unpackShipment(state))).sort();
}
