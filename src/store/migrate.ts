import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClientBase } from "pg";

export class MigrationError extends Error {
  override readonly name = "MigrationError";
  /**
   * What the caller does next: `changed` and `gap` mean that the program's files are not the released ones, `newer-database` wants a newer program,
   * `failed` has the database's error as its cause. In all cases the database is as it was before the file that the message names.
   */
  readonly code: "changed" | "gap" | "newer-database" | "failed";
  constructor(code: MigrationError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: Buffer;
}

const ownFolder = join(import.meta.dirname, "migrations");

/** Any fixed number; whoever migrates holds it, so that of two programs at once one waits. */
const migrationKey = 7_204_117;

/**
 * Brings the database to this program's version: applies `NNNN_name.sql` in order of their numbers, which may leave some out, each in a transaction with its own record. May be repeated.
 * The roles that the files grant powers to exist before (`roles.ts`).
 *
 * @param client a connection of the owner, outside a transaction.
 * @returns the names of the files that were applied now.
 * @throws {MigrationError}
 */
export async function migrate(client: ClientBase, folder: string = ownFolder): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  await client.query("select pg_advisory_lock($1)", [migrationKey]);
  try {
    const waiting = refuseDifferences(migrations, await appliedMigrations(client));
    for (const migration of waiting) await apply(client, migration);
    return waiting.map(({ name }) => name);
  } finally {
    // On a lost connection the lock is gone already, and what went wrong is worth more than that.
    await client.query("select pg_advisory_unlock($1)", [migrationKey]).catch(() => {});
  }
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return await Promise.all(
    names.map(async (name, index) => {
      const version = Number(/^(\d{4})_\w+\.sql$/.exec(name)?.[1]);
      if (Number.isNaN(version) || names[index - 1]?.startsWith(name.slice(0, 4)) === true)
        throw new MigrationError("gap", `expected a migration in the form NNNN_name.sql with a number of its own, found ${name}`);
      const bytes = await readFile(join(folder, name));
      return { version, name, sql: bytes.toString("utf8"), sha256: createHash("sha256").update(bytes).digest() };
    }),
  );
}

async function appliedMigrations(client: ClientBase): Promise<readonly Omit<Migration, "sql">[]> {
  await client.query(
    "create table if not exists public.parcelkeep_migrations (version integer primary key, name text not null, sha256 bytea not null, applied_at timestamptz not null default now())",
  );
  const { rows } = await client.query<Omit<Migration, "sql">>(
    "select version, name, sha256 from public.parcelkeep_migrations order by version",
  );
  return rows;
}

/** @returns the migrations that wait, once all that were applied are known to be ours and to come before them. */
function refuseDifferences(migrations: readonly Migration[], applied: readonly Omit<Migration, "sql">[]): readonly Migration[] {
  const latest = applied.at(-1);
  if (latest === undefined) return migrations;
  const newest = migrations.at(-1)?.version ?? 0;
  if (latest.version > newest) {
    throw new MigrationError("newer-database", `the database is at version ${latest.version} (${latest.name}), this program at ${newest}`);
  }
  const ours = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const { version, name, sha256 } of applied) {
    if (ours.get(version)?.sha256.equals(sha256) !== true) throw new MigrationError("changed", `${name} was changed after it was applied`);
    ours.delete(version);
  }
  const waiting = [...ours.values()];
  const late = waiting.find(({ version }) => version < latest.version);
  if (late !== undefined) throw new MigrationError("gap", `the database lacks ${late.name}, and has ${latest.name}`);
  return waiting;
}

async function apply(client: ClientBase, { version, name, sql, sha256 }: Migration): Promise<void> {
  await client.query("begin");
  try {
    await client.query(sql);
    await client.query("insert into public.parcelkeep_migrations (version, name, sha256) values ($1, $2, $3)", [version, name, sha256]);
    await client.query("commit");
  } catch (cause) {
    await client.query("rollback").catch(() => {});
    // The database's own words may quote a value of the data; they stay in the cause.
    throw new MigrationError("failed", `${name} failed, SQLSTATE ${(cause as { code?: string }).code ?? "unknown"}`, { cause });
  }
}
