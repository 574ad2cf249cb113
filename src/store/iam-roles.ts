import type { ClientBase } from "pg";
import { admitRoles, ownerRole, powerRoles } from "./roles.ts";

/** Whoever is a member of it logs in by IAM and by no password (RDS user guide, "Creating a database account using IAM authentication"; read 2026-11-27). */
const iamRole = "rds_iam";

/** Any fixed number; nobody else locks it. */
const iamRolesKey = 7_272_011;

export class IamRolesError extends Error {
  override readonly name = "IamRolesError";
  /** `no-iam`: the server has no role for log-ins by IAM. `too-powerful`: a role of this name may do more than it should; whoever made it looks at it. */
  readonly code: "no-iam" | "too-powerful";
  constructor(code: IamRolesError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * On a managed server: makes the owner's role and the roles of all powers that are missing, lets each log in by IAM, gives the owner this database, and lets nobody else into it.
 * Nobody gets a password. May be repeated, also by two at once. The migrations come afterwards, by the owner.
 *
 * @param client of the server's first user, who is no superuser there; in the database, outside a transaction.
 * @returns the roles that were made now.
 * @throws {IamRolesError} and then nothing was changed.
 */
export async function ensureIamRoles(client: ClientBase): Promise<readonly string[]> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1)", [iamRolesKey]);
    const made = await makeRoles(client, [ownerRole, ...powerRoles]);
    await handOver(client);
    await client.query("commit");
    return made;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}

async function makeRoles(client: ClientBase, names: readonly string[]): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; powers: boolean }>(
    `select rolname as name, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as powers from pg_roles where rolname = any($1)`,
    [[iamRole, ...names]],
  );
  const present = new Map(rows.map(({ name, powers }) => [name, powers]));
  if (!present.has(iamRole)) throw new IamRolesError("no-iam", `the server has no role ${iamRole}: it takes no log-ins by IAM`);
  const powerful = names.find((name) => present.get(name) === true);
  if (powerful !== undefined) throw new IamRolesError("too-powerful", `${powerful} is there and may do more than it should`);
  const missing = names.filter((name) => !present.has(name));
  // Without attributes, which are the lowest then: a managed server's first user may not name those that it does not have.
  for (const name of missing) await client.query(`create role ${client.escapeIdentifier(name)} login`);
  for (const name of names) await client.query(`grant ${iamRole} to ${client.escapeIdentifier(name)}`);
  return missing;
}

/** Whoever makes a role may give it away and cannot yet act as it (PostgreSQL 16, `createrole_self_grant`): for this transaction it can, and not afterwards. */
async function handOver(client: ClientBase): Promise<void> {
  const owner = client.escapeIdentifier(ownerRole);
  const { rows } = await client.query<{ database: string; owner: string }>(
    "select datname as database, pg_get_userbyid(datdba) as owner from pg_database where datname = current_database()",
  );
  const { database, owner: before } = rows[0]!;
  await client.query(`grant ${owner} to current_user with inherit false, set true`);
  if (before !== ownerRole) await client.query(`alter database ${client.escapeIdentifier(database)} owner to ${owner}`);
  await client.query(`set local role ${owner}`);
  await admitRoles(client, database);
  // Or they could not come in and do this again.
  await client.query(`grant connect on database ${client.escapeIdentifier(database)} to session_user`);
  await client.query("reset role");
  await client.query(`revoke ${owner} from current_user granted by current_user`);
}
