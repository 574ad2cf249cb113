import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { EmbeddedPostgresError } from "./error.ts";

/** Every cluster has it; nothing is kept there. Advisory locks belong to one database, so every lease is taken in this one. */
export const maintenanceDatabase = "postgres";

/** Any fixed number. */
const leaseKey = 7_272_001;
const pollMs = 10;
const attemptMs = 10_000;
/** SQLSTATE invalid_password. */
const wrongPassword = "28P01";

/**
 * A share in a running server: a connection that holds a shared advisory lock. Several programs may use one server (a command beside the service, a
 * new start beside one that was killed), and only the last one out stops it. A program that dies loses its share at once.
 */
export interface Lease {
  readonly client: pg.Client;
  /** Settles when the connection has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Gives the share back. @returns whether nobody else has one; nobody can get one any more, and the caller stops the server. */
  returnShare(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Connects as soon as the server lets us.
 *
 * @param isStillThere asked between attempts.
 * @returns null when the server went away instead: it failed, or somebody else was stopping it.
 * @throws {EmbeddedPostgresError} `not-ready` after the deadline, `passwords-unusable` when the server refuses ours.
 */
export async function takeLease(config: pg.ClientConfig, isStillThere: () => Promise<boolean>, deadlineMs: number): Promise<Lease | null> {
  const giveUpAt = performance.now() + deadlineMs;
  let cause: unknown;
  while (performance.now() < giveUpAt) {
    try {
      const lease = await tryToTakeLease(config);
      if (lease !== null) return lease;
    } catch (error) {
      cause = error;
      if ((error as pg.DatabaseError).code === wrongPassword) {
        throw new EmbeddedPostgresError("passwords-unusable", "the server refuses the password that is kept for it", { cause });
      }
    }
    if (!(await isStillThere())) return null;
    await wait(pollMs);
  }
  throw new EmbeddedPostgresError("not-ready", `the server took no connection for ${deadlineMs / 1000} seconds`, { cause });
}

/** @returns null when somebody who stops the server holds the lock alone. */
async function tryToTakeLease(config: pg.ClientConfig): Promise<Lease | null> {
  const client = new pg.Client({ ...config, application_name: "parcelkeep lease", connectionTimeoutMillis: attemptMs });
  const ended = new Promise<void>((settle) => client.once("end", () => settle()));
  // Without a listener, a server that stops would end this program.
  client.on("error", () => {});
  await client.connect();
  const close = (): Promise<void> => client.end().catch(() => {});
  try {
    if (await tells(client, "select pg_try_advisory_lock_shared($1) as yes"))
      return { client, ended, returnShare: () => returnShare(client), close };
  } catch (error) {
    await close();
    throw error;
  }
  await close();
  return null;
}

async function returnShare(client: pg.Client): Promise<boolean> {
  try {
    await client.query("select pg_advisory_unlock_shared($1)", [leaseKey]);
    return await tells(client, "select pg_try_advisory_lock($1) as yes");
  } catch {
    // No connection: the server is gone or going, and stopping it hurts nobody more.
    return true;
  }
}

async function tells(client: pg.Client, question: string): Promise<boolean> {
  const { rows } = await client.query<{ yes: boolean }>(question, [leaseKey]);
  return rows[0]?.yes === true;
}
