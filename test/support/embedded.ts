import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, type TestContext } from "node:test";
import pg from "pg";
import { clusterFolderOf } from "../../src/store/embedded/cluster.ts";
import { runningPostmaster, waitUntilGone } from "../../src/store/embedded/postmaster.ts";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../../src/store/embedded/server.ts";
import { ownerRole } from "../../src/store/roles.ts";
import { scratchFolder } from "./scratch.ts";

/** Tests of the supervisor kill processes, not machines: what the system has taken is safe, and waiting for the disk is not needed. */
export const hasty = { fsync: "off" };

let ofThisFile: string | null = null;

/** A data folder that the tests of one file use in turn: making a database takes longer than most of them. No server outlives its test. */
export async function dataFolder(t: TestContext): Promise<string> {
  ofThisFile ??= await mkdtemp(join(scratchFolder, "parcelkeep-embedded-"));
  const folder = ofThisFile;
  t.after(() => endServerOf(folder));
  return folder;
}

after(async () => {
  if (ofThisFile !== null) await rm(ofThisFile, { recursive: true, force: true });
});

/** A data folder of the test's own, empty. */
export async function emptyDataFolder(t: TestContext, name = "data"): Promise<string> {
  const around = await mkdtemp(join(scratchFolder, "parcelkeep-embedded-"));
  const folder = join(around, name);
  await mkdir(folder, { mode: 0o700 });
  t.after(async () => {
    await endServerOf(folder);
    await rm(around, { recursive: true, force: true });
  });
  return folder;
}

async function endServerOf(dataDir: string): Promise<void> {
  const left = await runningPostmaster(clusterFolderOf(dataDir));
  if (left === null) return;
  process.kill(left.pid, "SIGQUIT");
  await waitUntilGone(clusterFolderOf(dataDir), left.pid, 10_000);
}

export function start(dataDir: string, settings: Readonly<Record<string, string>> = hasty): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, settings, log: () => {} });
}

export async function query(postgres: EmbeddedPostgres, sql: string, values: readonly unknown[] = []): Promise<readonly unknown[]> {
  const client = new pg.Client(postgres.connection(ownerRole));
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(sql, [...values])).rows as unknown[];
  } finally {
    await client.end();
  }
}

export interface ProgramOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** Runs as this user, for tests that root runs. */
  readonly uid?: number;
  /** Where it looks for other programs. */
  readonly path?: string;
}

/** A program that uses the embedded database, in a process that can be killed. */
export interface DatabaseProgram {
  readonly database: { readonly pid: number; readonly port: number; readonly adopted: boolean };
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** @throws {Error} with what the program said, if it ends instead of starting. */
export async function databaseProgram(dataDir: string, options: ProgramOptions = {}): Promise<DatabaseProgram> {
  const child = spawnProgram(dataDir, options);
  let said = "";
  child.stderr?.on("data", (text: Buffer) => (said += text.toString()));
  const exited = once(child, "exit");
  const line = await Promise.race([once(createInterface({ input: child.stdout! }), "line"), exited.then(() => null)]);
  if (line === null) throw new Error(said);
  return {
    database: JSON.parse(String(line[0])) as DatabaseProgram["database"],
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    stop: async () => {
      child.stdin?.write("stop\n");
      await exited;
    },
  };
}

/** Like {@link databaseProgram}, without waiting for it to start. */
export function spawnProgram(dataDir: string, { settings = hasty, uid, path }: ProgramOptions = {}): ChildProcess {
  const program = join(import.meta.dirname, "database-program.ts");
  return spawn(process.execPath, [program, dataDir, JSON.stringify(settings)], {
    cwd: "/",
    env: { ...process.env, ...(path === undefined ? {} : { PATH: path }) },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
}
