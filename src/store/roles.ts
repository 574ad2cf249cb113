import { createHmac, createHash, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { ClientBase } from "pg";

/** Owns the schema: starts, migrates, and is used by nothing that faces anybody. The superuser of the embedded database. */
export const ownerRole = "parcelkeep_owner";

/** One role per power (DESIGN section 5); what each may do stands in the migrations. */
export const powerRoles = [
  "parcelkeep_ingress",
  "parcelkeep_worker",
  "parcelkeep_archivist",
  "parcelkeep_api",
  // Reads what is sealed about one subject, for the one process that can open it.
  "parcelkeep_opener",
  // Destroys: erasure, retention.
  "parcelkeep_keeper",
  // Replaces wraps and index entries when keys are rotated.
  "parcelkeep_rekeyer",
  // Asks carriers and delivers webhooks.
  "parcelkeep_outbound",
  // Gives entries of the audit log their places.
  "parcelkeep_sequencer",
  // Grants what was approved.
  "parcelkeep_granter",
] as const;

export type PowerRole = (typeof powerRoles)[number];
export type DatabaseRole = PowerRole | typeof ownerRole;

export interface RolePassword {
  readonly name: string;
  readonly password: string;
}

/** Any fixed number; nobody else locks it. */
const rolesKey = 7_272_010;

/**
 * Makes the roles that are missing, gives each its password, and lets them and nobody else connect to this database.
 *
 * Runs before the migrations, which grant powers to the roles. May be repeated, also by two programs at once.
 */
export async function ensureRoles(client: ClientBase, roles: readonly RolePassword[]): Promise<void> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1)", [rolesKey]);
    const { rows } = await client.query<{ rolname: string }>("select rolname from pg_roles where rolname = any($1)", [
      roles.map((role) => role.name),
    ]);
    const present = new Set(rows.map((row) => row.rolname));
    for (const { name, password } of roles) {
      const action = present.has(name) ? "alter" : "create";
      const role = client.escapeIdentifier(name);
      await client.query(
        `${action} role ${role} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password '${await scramVerifier(password)}'`,
      );
    }
    const { rows: here } = await client.query<{ name: string }>("select current_database() as name");
    await admitRoles(
      client,
      here[0]?.name ?? "",
      roles.map((role) => role.name),
    );
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}

/** Only these roles may connect to the database, and nobody makes temporary tables in it. A copy of a database does not inherit this. */
export async function admitRoles(client: ClientBase, database: string, names: readonly string[] = powerRoles): Promise<void> {
  const name = client.escapeIdentifier(database);
  await client.query(`revoke all on database ${name} from public`);
  await client.query(`grant connect on database ${name} to ${names.map((each) => client.escapeIdentifier(each)).join(", ")}`);
}

/**
 * What the server keeps of a password, made here: a password in a statement can end up in a managed server's log.
 * RFC 5803; PostgreSQL writes it as SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey.
 */
async function scramVerifier(password: string): Promise<string> {
  const salt = randomBytes(16);
  const salted = await promisify(pbkdf2)(password, salt, scramIterations, 32, "sha256");
  const hmac = (label: string): Buffer => createHmac("sha256", salted).update(label).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${scramIterations}:${salt.toString("base64")}$${storedKey}:${hmac("Server Key").toString("base64")}`;
}

/** PostgreSQL's own default. The passwords are random and long; more rounds would only slow each connection. */
const scramIterations = 4096;
