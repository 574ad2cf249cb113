import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";

export class MigrationError extends Error {
  override readonly name = "MigrationError";
  /** `changed`: an applied file differs from what was applied; `newer-database`: the program is older than its database; `gap`: a number is missing. */
  readonly code: "changed" | "newer-database" | "gap";
  constructor(code: MigrationError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const folder = join(import.meta.dirname, "migrations");
/** Any constant; held while migrating so that two programs do not. */
const lockId = 7_204_117;

/** Applies `migrations/NNNN_name.sql` in order, each in a transaction of its own. @returns the names that were applied now. */
export async function migrate(client: pg.ClientBase, from: string = folder): Promise<readonly string[]> {
  await client.query("select pg_advisory_lock($1)", [lockId]);
  try {
    await client.query("create table if not exists public.parcelkeep_migrations (version int primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())");
    const { rows } = await client.query<{ version: number; sha256: string }>("select version, sha256 from public.parcelkeep_migrations order by version");
    const applied = new Map(rows.map((row) => [row.version, row.sha256]));
    const files = (await readdir(from)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
    if (rows.length > files.length) throw new MigrationError("newer-database", `the database has ${rows.length} migrations, this program ${files.length}`);
    const done: string[] = [];
    for (const [index, name] of files.entries()) {
      const version = Number(name.slice(0, 4));
      if (version !== index + 1) throw new MigrationError("gap", `expected migration ${index + 1}, found ${name}`);
      const sql = await readFile(join(from, name), "utf8");
      const sha256 = createHash("sha256").update(sql).digest("hex");
      const before = applied.get(version);
      if (before === sha256) continue;
      if (before !== undefined) throw new MigrationError("changed", `${name} was changed after it was applied`);
      await applyOne(client, version, name, sql, sha256);
      done.push(name);
    }
    return done;
  } finally {
    await client.query("select pg_advisory_unlock($1)", [lockId]);
  }
}

async function applyOne(client: pg.ClientBase, version: number, name: string, sql: string, sha256: string): Promise<void> {
  await client.query("begin");
  try {
    await client.query(sql);
    await client.query("insert into public.parcelkeep_migrations (version, name, sha256) values ($1, $2, $3)", [version, name, sha256]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}
