import { realpath } from "node:fs/promises";
import type { DatabaseRole } from "../roles.ts";
import { clusterFolderOf, isInitialised, socketFolderOf } from "./cluster.ts";
import { connectionTo, urlOf, type Connection } from "./connection.ts";
import { EmbeddedPostgresError } from "./error.ts";
import { readPasswords } from "./passwords.ts";
import { runningPostmaster } from "./postmaster.ts";

/** What is known of a data folder's database without starting it. */
export type EmbeddedPostgresStatus =
  | { readonly state: "never-initialised" }
  | { readonly state: "stopped" }
  | {
      readonly state: "running";
      readonly pid: number;
      readonly port: number;
      connection(role: DatabaseRole): Connection;
      url(role: DatabaseRole): string;
    };

/** @throws {EmbeddedPostgresError} `folder-unusable`, `passwords-unusable` */
export async function embeddedPostgresStatus(dataDir: string): Promise<EmbeddedPostgresStatus> {
  if (!(await isInitialised(dataDir))) return { state: "never-initialised" };
  const folder = await realpath(dataDir);
  const running = await runningPostmaster(clusterFolderOf(folder));
  if (running === null) return { state: "stopped" };
  const passwords = await readPasswords(folder);
  if (passwords === null) throw new EmbeddedPostgresError("passwords-unusable", `${folder}/secrets/postgres.json is missing`);
  const address = { port: running.port, socketDir: socketFolderOf(folder), passwords };
  return { state: "running", ...running, connection: (role) => connectionTo(address, role), url: (role) => urlOf(address, role) };
}
