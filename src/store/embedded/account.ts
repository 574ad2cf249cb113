import { execFile } from "node:child_process";
import { chmod, lchown, lstat, readdir, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { EmbeddedPostgresError } from "./error.ts";

const run = promisify(execFile);

/** The user "nobody" of every Linux. It has a name, without which initdb fails. */
const nobody = 65534;

/**
 * Under which account the server runs. PostgreSQL refuses root, so root hands it to
 * - `nobody`: the server changes its user; the folders that it needs belong to that user;
 * - `user-namespace`: the server stays root on the outside, without root's powers, and is nobody inside a namespace. For a checkout or a data
 *   folder behind a folder that only root may enter, such as root's home. `unshare` replaces itself by the server: pid and signals stay right.
 *
 * Anybody else runs it as `self`; a user without a name (a container started with a bare number) in a namespace too, for initdb asks for the name.
 */
export type Account = { readonly kind: "self" } | { readonly kind: "nobody" } | { readonly kind: "user-namespace" };

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: { readonly uid?: number; readonly gid?: number; readonly cwd: string; readonly env: NodeJS.ProcessEnv };
}

/** Nothing of our own environment: it may hold secrets, and other programs of the account can read a process's environment. */
const environment: NodeJS.ProcessEnv = process.platform === "win32" ? process.env : { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" };

export function commandAs(account: Account, file: string, args: readonly string[]): Command {
  const options = { cwd: "/", env: environment };
  switch (account.kind) {
    case "self":
      return { file, args, options };
    case "nobody":
      return { file, args, options: { ...options, uid: nobody, gid: nobody } };
    case "user-namespace":
      return { file: "unshare", args: ["--user", `--map-user=${nobody}`, `--map-group=${nobody}`, file, ...args], options };
  }
}

/**
 * Tries the accounts on the server's program and the data folder.
 *
 * @throws {EmbeddedPostgresError} `binaries-unusable` when the server does not run at all, `folder-unusable` when it runs as root's deputies cannot
 * reach the data folder.
 */
export async function chooseAccount(postgres: string, dataDir: string): Promise<Account> {
  const failures: unknown[] = [];
  const works = (account: Account): Promise<boolean> =>
    reaches(account, postgres, dataDir).then(
      () => true,
      (failure: unknown) => {
        failures.push(failure);
        return false;
      },
    );
  if (process.getuid?.() !== 0) {
    if (!hasName() && (await works({ kind: "user-namespace" }))) return { kind: "user-namespace" };
    if (await works({ kind: "self" })) return { kind: "self" };
    throw new EmbeddedPostgresError("binaries-unusable", "the PostgreSQL server does not run here (glibc 2.27 or later is needed)", {
      cause: failures[0],
    });
  }
  if (await works({ kind: "nobody" })) return { kind: "nobody" };
  if (await works({ kind: "user-namespace" })) return { kind: "user-namespace" };
  // A container without user namespaces: if only the data folder itself is in the way, others may pass through it; its subfolders stay shut.
  const { mode } = await stat(dataDir);
  await chmod(dataDir, mode | 0o011);
  if (await works({ kind: "nobody" })) return { kind: "nobody" };
  await chmod(dataDir, mode);
  throw new EmbeddedPostgresError(
    "folder-unusable",
    "PostgreSQL does not run as root, and no other account reaches both its program and the data folder; run as an ordinary user, or move both out of root's home",
    { cause: new AggregateError(failures) },
  );
}

function hasName(): boolean {
  try {
    return userInfo().username !== "";
  } catch {
    return false;
  }
}

async function reaches(account: Account, postgres: string, dataDir: string): Promise<void> {
  if (process.platform === "win32") return;
  const { file, args, options } = commandAs(account, "/bin/sh", ["-c", 'cd "$1" && exec "$2" --version', "sh", dataDir, postgres]);
  await run(file, args, options);
}

/** Gives a folder and all in it to the account, if we are root; the folder itself last, so that its owner says whether all was done. */
export async function giveTo(account: Account, folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const owner = account.kind === "nobody" ? nobody : 0;
  if ((await stat(folder)).uid === owner) return;
  await changeOwner(folder, owner);
}

async function changeOwner(path: string, owner: number): Promise<void> {
  if ((await lstat(path)).isDirectory()) for (const name of await readdir(path)) await changeOwner(join(path, name), owner);
  await lchown(path, owner, owner);
}
