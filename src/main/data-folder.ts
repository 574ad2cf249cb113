import { randomBytes } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { access, chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../store/embedded/server.ts";
import { clientConfig, type DatabaseAddress } from "../store/client-config.ts";
import { migrate } from "../store/migrate.ts";
import { loadRegister } from "../store/register-store.ts";
import { type ProgramLock, takeProgramLock } from "../store/program-lock.ts";
import { ownerRole } from "../store/roles.ts";
import { createLocalKeys } from "../vault/keys/local/key-folder.ts";
import type { Config } from "./config.ts";
import { ingressKeyPath, keyFolder, operatorKeyPath } from "./keys/key-paths.ts";
import { ProgramError } from "./program-error.ts";
import { readRegisterFiles } from "./outbound/register-files.ts";

/** Where the running program is, as commands find it. */
export interface RunFile {
  readonly pid: number;
  readonly url: string;
}

/** The database of a data folder, up to date, in the hands of one program. */
export interface HeldFolder {
  readonly postgres: EmbeddedPostgres;
  readonly lock: ProgramLock;
  /** Names of the migrations that were applied now. */
  readonly applied: readonly string[];
  release(): Promise<void>;
}

/**
 * Starts the database of a data folder, or takes over one that a killed program left running, and brings it up to date.
 * @throws {ProgramError} `already-running`, `folder-unusable`
 */
export async function holdFolder(dataDir: string, log: (line: string) => void): Promise<HeldFolder> {
  await makeFolder(dataDir);
  // Asked before the lock: a program whose database connection broke has lost the lock and still holds the folder.
  await refuseWhereRunning(dataDir);
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  let lock: ProgramLock | null = null;
  // Stops the server only where no other program uses it.
  const release = async (): Promise<void> => {
    await lock?.release();
    await postgres.stop();
  };
  try {
    lock = await takeProgramLock(postgres.connection(ownerRole));
    if (lock === null) {
      await refuseWhereRunning(dataDir);
      throw new ProgramError("already-running", `another program holds the data folder ${dataDir}`);
    }
    return { postgres, lock, applied: await migrateDatabase(postgres.connection(ownerRole)), release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Folder by folder: where a parent takes none (as in /proc), Node's own recursion does not come to an end. */
async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path);
  } catch (cause) {
    throw new ProgramError("folder-unusable", `the data folder ${path} cannot be made`, { cause });
  }
  // Said here, since what fails first otherwise is one of many files below it.
  await access(path, constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw new ProgramError("folder-unusable", `the data folder ${path} cannot be written to`, { cause });
  });
}

async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || existsSync(dirname(path))) throw error;
    await makeFolders(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

/** Brings schema and carrier register to this program's version. @returns the names of the migrations that were applied now. */
export async function migrateDatabase(owner: DatabaseAddress): Promise<readonly string[]> {
  const client = new pg.Client({ ...clientConfig(owner), application_name: "parcelkeep-migrate" });
  // What breaks the connection fails the query that runs on it.
  client.on("error", () => {});
  await client.connect();
  try {
    const applied = await migrate(client);
    await loadRegister(client, readRegisterFiles());
    return applied;
  } finally {
    await client.end().catch(() => {});
  }
}

/** A program that is there answers within this, on a machine that is busy with other things too; one that is gone refuses at once. */
const answerMs = 15_000;

/** The running program of a data folder, or null. */
export async function runningProgram(dataDir: string): Promise<(RunFile & { operatorKey: string }) | null> {
  try {
    const run = JSON.parse(await readFile(runPath(dataDir), "utf8")) as RunFile;
    process.kill(run.pid, 0);
    const answer = await fetch(`${run.url}/healthz`, { signal: AbortSignal.timeout(answerMs) });
    if (!answer.ok) return null;
    return { ...run, operatorKey: await ensureOperatorKey(dataDir) };
  } catch {
    return null;
  }
}

async function refuseWhereRunning(dataDir: string): Promise<void> {
  const running = await runningProgram(dataDir);
  if (running === null) return;
  throw new ProgramError("already-running", `another program holds the data folder ${dataDir} (process ${running.pid}, ${running.url})`);
}

export async function writeRunFile(dataDir: string, run: RunFile): Promise<void> {
  await writeFile(`${runPath(dataDir)}.new`, JSON.stringify(run), { mode: 0o600 });
  await rename(`${runPath(dataDir)}.new`, runPath(dataDir));
}

export async function removeRunFile(dataDir: string): Promise<void> {
  await rm(runPath(dataDir), { force: true });
}

export function runPath(dataDir: string): string {
  return join(dataDir, "run.json");
}

/** Operator's key, the key to ingress, and key files where they hold the root keys, made on the first start. @returns the operator's key. */
export async function ensureSecrets({ dataDir, keys }: Pick<Config, "dataDir" | "keys">): Promise<string> {
  if (keys === "local") await createLocalKeys(keyFolder(dataDir));
  await ensureKey(ingressKeyPath(dataDir), "pkc");
  return ensureOperatorKey(dataDir);
}

function ensureOperatorKey(dataDir: string): Promise<string> {
  return ensureKey(operatorKeyPath(dataDir), "pko");
}

async function ensureKey(path: string, prefix: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, `${prefix}_${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
    await chmod(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return (await readFile(path, "utf8")).trim();
}
