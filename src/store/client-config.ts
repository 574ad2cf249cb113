import { isIP } from "node:net";
import pg from "pg";
import type { AwsConnection } from "../aws/connection.ts";
import type { Connection } from "./embedded/connection.ts";

/** A database that a platform names. Plain data, so that it can go to a thread or to another process. */
export interface RemoteDatabase {
  /** `postgresql://ROLE:PASSWORD@HOST:PORT/DATABASE`; no password where IAM lets in. */
  readonly connectionString: string;
  /** Certificates (PEM) of the authorities by which the server's certificate is checked, with its name; null: as the address says. */
  readonly authorities?: string | null;
  /** Where tokens stand in for the password; null: nowhere. */
  readonly iam?: AwsConnection | null;
}

export type DatabaseAddress = Connection | RemoteDatabase;

/** A server that is gone is noticed, also where nothing comes back of it. */
const connectMs = 30_000;
const keepAliveMs = 10_000;
const usualPort = 5432;

/** What `pg` needs to connect, as a client or a pool. */
export function clientConfig(address: DatabaseAddress): pg.PoolConfig {
  if (!("connectionString" in address)) return { ...address, Client: WriterClient };
  const { connectionString, authorities = null, iam = null } = address;
  const to = authorities === null && iam === null ? { connectionString } : verified({ connectionString, authorities, iam });
  const remote = { connectionTimeoutMillis: connectMs, keepAlive: true, keepAliveInitialDelayMillis: keepAliveMs };
  return { ...remote, ...to, Client: WriterClient };
}

/** Not as a connection string, whose empty password would be taken instead of the tokens. */
function verified({ connectionString, authorities, iam }: Required<RemoteDatabase>): pg.ClientConfig {
  const { hostname: host, port, username, password, pathname } = new URL(connectionString);
  // The client would compare the certificate with another name than this.
  if (isIP(host.replaceAll(/[[\]]/g, "")) !== 0) throw new TypeError("a database whose certificate is checked is named, not numbered");
  const to = { host, port: port === "" ? usualPort : Number(port), user: decodeURIComponent(username) };
  return {
    ...to,
    database: decodeURIComponent(pathname.slice(1)),
    password: iam === null ? decodeURIComponent(password) : tokens(iam, to),
    ssl: { rejectUnauthorized: true, ...(authorities === null ? {} : { ca: authorities }) },
  };
}

/** A token is asked for with each new connection: it is good for 15 minutes, and a connection that stands needs none. */
function tokens(
  iam: AwsConnection,
  { host, port, user }: { readonly host: string; readonly port: number; readonly user: string },
): () => Promise<string> {
  let make: (() => Promise<string>) | null = null;
  return async () => {
    if (make === null) {
      const { connectTokens, databaseTarget } = await import("../aws/aws-connect-token.ts");
      make = connectTokens(iam, databaseTarget(host, port, user));
    }
    return make();
  };
}

/**
 * Ends itself where the server says that it does not write any more, or goes down (SQLSTATE 25006, 57P01, 57P02, 57P03): after a failover the old writer
 * goes on answering as a reader, and a pool would give the connection out again and again.
 *
 * A connection that breaks fails the query that runs on it, or the next one, and its pool drops it. Pools listen for errors of idle connections only: of one
 * that is out, the event would find no listener and end the process.
 */
class WriterClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on("error", () => {});
    const { connection } = this as unknown as { readonly connection: NodeJS.EventEmitter };
    connection.on("errorMessage", ({ code }: { readonly code?: string }) => {
      if (code !== undefined && notTheWriter.has(code)) void this.end().catch(() => {});
    });
  }
}

const readOnly = "25006";
const notTheWriter: ReadonlySet<string> = new Set([readOnly, "57P01", "57P02", "57P03"]);

/** A pool has so many connections at most that were the old writer's. */
const readersMax = 8;

/**
 * Does the work again where it met a server that does not write: nothing has been done then, and another connection finds the writer. Other failures of a
 * connection say nothing of what was done, and are the caller's.
 */
export async function onWriter<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let readers = 0; ; readers++) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: unknown }).code !== readOnly || readers >= readersMax) throw error;
    }
  }
}
