import type { ClientConfig } from "pg";
import { ownerRole, type DatabaseRole } from "../roles.ts";
import type { Passwords } from "./passwords.ts";

/** The database that Parcelkeep keeps everything in. */
export const databaseName = "parcelkeep";

/** What `pg` needs to connect. A host that begins with a slash is the folder of a unix socket, a sixth faster than TCP. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Where a server listens and what it takes to get in. */
export interface Address {
  readonly port: number;
  readonly socketDir: string | null;
  readonly passwords: Partial<Passwords>;
}

export function connectionTo({ port, socketDir, passwords }: Address, role: DatabaseRole): Connection {
  return { host: socketDir ?? "127.0.0.1", port, user: role, password: passwordOf(passwords, role), database: databaseName };
}

/** For other programs, always by TCP: few take a socket's folder in an address. */
export function urlOf({ port, passwords }: Address, role: DatabaseRole): string {
  return `postgresql://${role}:${encodeURIComponent(passwordOf(passwords, role))}@127.0.0.1:${port}/${databaseName}`;
}

/** Of the owner to a database, without the environment (PGSSLMODE, PGOPTIONS …) having a say. */
export function ownersConnection(address: Address, database: string): ClientConfig {
  return { ...connectionTo(address, ownerRole), database, ssl: false, options: "-c statement_timeout=0" };
}

function passwordOf(passwords: Partial<Passwords>, role: DatabaseRole): string {
  const password = passwords[role];
  if (password === undefined) throw new TypeError(`no password is kept for ${role}`);
  return password;
}
