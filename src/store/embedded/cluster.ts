import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ownerRole } from "../roles.ts";
import { commandAs, giveTo, type Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { EmbeddedPostgresError } from "./error.ts";
import { syncFolder } from "./durable-file.ts";

const run = promisify(execFile);

/** Longest socket address that every platform takes (104 bytes on macOS, 108 on Linux, with the closing zero), with a margin. */
const socketPathBytesMax = 100;

export function clusterFolderOf(dataDir: string): string {
  return join(dataDir, "postgres");
}

/** The folder of the server's socket, or null where its path would be too long. */
export function socketFolderOf(dataDir: string): string | null {
  if (process.platform === "win32") return null;
  const folder = join(dataDir, "run");
  return Buffer.byteLength(join(folder, ".s.PGSQL.65535")) <= socketPathBytesMax ? folder : null;
}

export async function isInitialised(dataDir: string): Promise<boolean> {
  return await stat(join(clusterFolderOf(dataDir), "PG_VERSION")).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw new EmbeddedPostgresError("folder-unusable", "the database folder cannot be read by this user", { cause: error });
    },
  );
}

/**
 * Makes the cluster folder in a staging folder beside it and moves it into place when it is complete: a kill leaves either nothing or all.
 * Of two programs at once one moves first, and the other throws its own away.
 *
 * @throws {EmbeddedPostgresError} `initialisation-failed`
 */
export async function initialise(
  dataDir: string,
  options: { readonly binaries: Binaries; readonly account: Account; readonly password: string; readonly durable: boolean },
): Promise<void> {
  await removeAbandoned(dataDir);
  const staging = join(dataDir, `${stagingPrefix}${process.pid}-${randomBytes(4).toString("hex")}`);
  const passwordFile = join(staging, "password");
  const made = join(staging, "cluster");
  await mkdir(staging, { mode: 0o700 });
  try {
    await writeFile(passwordFile, options.password, { mode: 0o600, flag: "wx" });
    await giveTo(options.account, staging);
    const {
      file,
      args,
      options: how,
    } = commandAs(options.account, options.binaries.initdb, initdbArguments(made, passwordFile, options.durable));
    await run(file, args, how).catch((cause: unknown) => {
      throw new EmbeddedPostgresError("initialisation-failed", "initdb failed", { cause, serverLog: lastWords(cause) });
    });
    await rename(made, clusterFolderOf(dataDir)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    await syncFolder(dataDir);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Builtin locale: no order of strings that changes with the machine's C library. Page checksums are on by default since PostgreSQL 18. */
function initdbArguments(folder: string, passwordFile: string, durable: boolean): readonly string[] {
  return [
    ...["-D", folder, "-U", ownerRole, "-A", "scram-sha-256", `--pwfile=${passwordFile}`],
    ...["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C", "--no-instructions"],
    ...(durable ? [] : ["--no-sync"]),
  ];
}

function lastWords(failure: unknown): string {
  const { stderr } = failure as { readonly stderr?: unknown };
  return typeof stderr === "string" ? stderr.slice(-2_000) : "";
}

const stagingPrefix = "postgres.new-";

/** Staging folders whose maker was killed. One whose number is in use again, or in which an orphaned initdb still writes, stays for the next time. */
async function removeAbandoned(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(stagingPrefix)) continue;
    try {
      process.kill(Number.parseInt(name.slice(stagingPrefix.length), 10), 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH")
        await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
    }
  }
}

/** The folders that the server writes to belong to its account: after a change between root and another user, or between ways to be root. */
export async function handOver(dataDir: string, account: Account): Promise<void> {
  const socketFolder = socketFolderOf(dataDir);
  if (socketFolder !== null) await mkdir(socketFolder, { recursive: true, mode: 0o700 });
  for (const folder of [clusterFolderOf(dataDir), ...(socketFolder === null ? [] : [socketFolder])]) {
    await giveTo(account, folder);
    const { uid } = await stat(folder);
    if (account.kind !== "nobody" && process.getuid !== undefined && uid !== process.getuid()) {
      throw new EmbeddedPostgresError(
        "folder-unusable",
        `${folder} belongs to user ${uid}; PostgreSQL starts only for the owner of its folder, or for root`,
      );
    }
  }
}
