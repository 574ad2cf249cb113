import type pg from "pg";
import { databaseName } from "./connection.ts";
import { maintenanceDatabase } from "./lease.ts";

/** Any fixed number. */
const setUpKey = 7_272_002;

/** Makes the database if it is missing. It and the cluster's own ones are shut to everybody but those whom `ensureRoles` admits. Two programs may do so at once. */
export async function ensureDatabase(client: pg.Client): Promise<void> {
  await client.query("select pg_advisory_lock($1)", [setUpKey]);
  try {
    if (!(await has(client, "select exists (select from pg_database where datname = $1) as yes")))
      await client.query(`create database ${databaseName}`);
    if (await has(client, "select has_database_privilege('public', $1, 'connect') as yes")) {
      await client.query(`revoke all on database ${databaseName}, ${maintenanceDatabase}, template1 from public`);
    }
  } finally {
    await client.query("select pg_advisory_unlock($1)", [setUpKey]);
  }
}

async function has(client: pg.Client, question: string): Promise<boolean> {
  const { rows } = await client.query<{ yes: boolean }>(question, [databaseName]);
  return rows[0]?.yes === true;
}
