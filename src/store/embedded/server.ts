import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { ensureRoles, powerRoles, type DatabaseRole } from "../roles.ts";
import { connectionTo, databaseName, ownersConnection, urlOf, type Connection } from "./connection.ts";
import { ensureDatabase } from "./database.ts";
import { joinOrLaunch, readyDeadlineMs, type Exit, type Running } from "./launch.ts";
import { maintenanceDatabase, takeLease, type Lease } from "./lease.ts";
import { preparePlace, type Place } from "./place.ts";
import { isPostgresOf } from "./postmaster.ts";
import { stopServer } from "./stop.ts";

export interface EmbeddedPostgresOptions {
  /** Folder for everything that Parcelkeep keeps; the server takes `postgres/`, `run/`, `logs/postgres.log` and `secrets/postgres.json` in it. */
  readonly dataDir: string;
  /** Server settings that differ from `settings.ts`. */
  readonly settings?: Readonly<Record<string, string>>;
  log(line: string): void;
}

/** A PostgreSQL that this program supervises. It survives this program if that is killed, and the next start goes on with it. */
export interface EmbeddedPostgres {
  readonly port: number;
  /** Folder of the unix socket; null where the data folder's path is too long for one. */
  readonly socketDir: string | null;
  readonly pid: number;
  /** Another program started it: one that was killed, or one that still uses it. */
  readonly adopted: boolean;
  /** Settles when the server has ended, asked or not; not to be waited for once `stop` has left it to another program. Code and signal are known of a child only. */
  readonly exited: Promise<Exit>;
  /** By the socket where there is one. All roles exist and may connect; what they may do is for the migrations to say. */
  connection(role: DatabaseRole): Connection;
  /** Address by TCP, with the password in it. */
  url(role: DatabaseRole): string;
  /**
   * Stops the server, unless another program uses it; then that one goes on with it. End your connections before. May be repeated.
   * @throws {EmbeddedPostgresError} `stop-failed`
   */
  stop(): Promise<void>;
}

/**
 * Starts the embedded database, or takes over one that runs on the folder; on return it takes connections.
 *
 * @throws {EmbeddedPostgresError} with any code; the ones that come from the server carry the end of its log.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const place = await preparePlace({ settings: {}, ...options });
  const running = await joinOrLaunch(place);
  await ensureDatabase(running.lease.client);
  await openToRoles(place, running);
  options.log(`database ${running.child === null ? "adopted" : "started"}: process ${running.pid}, port ${running.port}`);
  return new Supervised(place, running, (line) => options.log(line));
}

async function openToRoles(place: Place, running: Running): Promise<void> {
  const client = new pg.Client(ownersConnection({ ...place, port: running.port }, databaseName));
  await client.connect();
  try {
    await ensureRoles(
      client,
      powerRoles.map((name) => ({ name, password: place.passwords[name] })),
    );
  } finally {
    await client.end();
  }
}

/** Between attempts to get a share again that a server refuses at once. */
const refusedShareMs = 1_000;

class Supervised implements EmbeddedPostgres {
  readonly port: number;
  readonly socketDir: string | null;
  readonly pid: number;
  readonly adopted: boolean;
  readonly exited: Promise<Exit>;
  readonly #place: Place;
  readonly #child: Running["child"];
  readonly #log: (line: string) => void;
  #lease: Lease;
  #stopped: Promise<void> | null = null;

  constructor(place: Place, running: Running, log: (line: string) => void) {
    this.port = running.port;
    this.socketDir = place.socketDir;
    this.pid = running.pid;
    this.adopted = running.child === null;
    this.#child = running.child;
    this.#place = place;
    this.#log = log;
    this.#lease = running.lease;
    const gone = this.#keepShare();
    this.exited = running.child?.exit ?? gone.then(() => ({ code: null, signal: null }));
  }

  connection(role: DatabaseRole): Connection {
    return connectionTo({ ...this.#place, port: this.port }, role);
  }

  url(role: DatabaseRole): string {
    return urlOf({ ...this.#place, port: this.port }, role);
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    if (await this.#lease.returnShare()) {
      await stopServer(this.#place, this.pid);
      await this.exited;
      this.#log("database stopped");
    } else {
      this.#child?.letGo();
      this.#log("database left running: another program uses it");
    }
    await this.#lease.close();
  }

  /**
   * After a crash of one of its processes the server restarts itself and ends all connections, ours too; then a new share is taken. Another program that
   * ends in this tenth of a second finds nobody and stops the server under us, which `exited` tells.
   */
  async #keepShare(): Promise<void> {
    const isStillThere = (): Promise<boolean> => isPostgresOf(this.#place.clusterFolder, this.pid);
    const owner = ownersConnection({ ...this.#place, port: this.port }, maintenanceDatabase);
    for (;;) {
      await this.#lease.ended;
      if (this.#stopped !== null) return;
      const lease = await takeLease(owner, isStillThere, readyDeadlineMs).catch((error: Error) => this.#log(`database: ${error.message}`));
      if (lease === null) return;
      if (lease === undefined) await wait(refusedShareMs);
      else this.#lease = lease;
    }
  }
}
