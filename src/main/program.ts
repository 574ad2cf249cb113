import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../store/embedded/server.ts";
import { migrate } from "../store/migrate.ts";
import { ownerRole, powerRoles } from "../store/roles.ts";
import { createLocalKeyFile } from "../vault/keys/local.ts";
import type { Config } from "./config.ts";
import { programLog } from "./log.ts";
import type { RoleStart } from "./role.ts";

/** Held on the database by the one program that owns the data folder; it ends with the program's connection, however that ends. */
const programLock = 7_204_118;
/** A program that was just killed may hold the lock until the database notices. */
const lockPatienceMs = 5_000;
const restartDelayMs = 500;

export class ProgramError extends Error {
  override readonly name = "ProgramError";
  /** `already-running`: another program holds the data folder; `not-running`: none does; `role-failed`: a process of the program did not start. */
  readonly code: "already-running" | "not-running" | "role-failed";
  constructor(code: ProgramError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Where the running program is, as commands find it. */
export interface RunFile {
  readonly pid: number;
  readonly url: string;
}

export interface Program {
  readonly url: string;
  readonly operatorKey: string;
  /** Drains and stops everything. */
  stop(): Promise<void>;
  /** Resolves when the program cannot go on. */
  readonly failed: Promise<string>;
}

/** Starts the embedded default: database, ingress and API, worker and archivist, on one data folder. */
export async function startProgram(config: Config): Promise<Program> {
  await mkdir(config.dataDir, { recursive: true });
  // Asked before the lock: a program whose database connection broke has lost the lock and still holds the folder.
  refuseWhereRunning(config, await runningProgram(config.dataDir));
  const operatorKey = await ensureOperatorKey(config.dataDir);
  const keyFile = join(config.dataDir, "keys", "root.json");
  if (!existsSync(keyFile)) await createLocalKeyFile(keyFile);
  const log = programLog(config.logLevel, "program");
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, log: (line) => log.debug(line) });
  const owner = new pg.Client({ ...postgres.connection(ownerRole), application_name: "parcelkeep-program" });
  owner.on("error", () => {});
  await owner.connect();
  try {
    await takeLock(owner, config);
    await migrate(owner);
  } catch (error) {
    await owner.end();
    // Stops the server only where no other program uses it.
    await postgres.stop();
    throw error;
  }
  let fail: (reason: string) => void = () => {};
  const failed = new Promise<string>((resolve) => (fail = resolve));
  const roleStart: RoleStart = {
    connections: Object.fromEntries(powerRoles.map((role) => [role, postgres.connection(role)])) as unknown as RoleStart["connections"],
  };
  const roles: SupervisedRole[] = [];
  let url = "";
  try {
    for (const name of ["worker", "archivist", "front"]) {
      const role = new SupervisedRole(name, roleStart, (code) =>
        log.error({ process: name, code }, "a process ended and is started again"),
      );
      roles.push(role);
      const detail = await role.ready;
      url = detail["url"] ?? url;
    }
  } catch (error) {
    await stopAll(roles, owner, postgres);
    throw error;
  }
  const runPath = join(config.dataDir, "run.json");
  await writeFile(`${runPath}.new`, JSON.stringify({ pid: process.pid, url } satisfies RunFile), { mode: 0o600 });
  await rename(`${runPath}.new`, runPath);
  let stopping = false;
  void postgres.exited.then(() => {
    if (!stopping) fail("PostgreSQL ended; start the program again, it will recover");
  });
  return {
    url,
    operatorKey,
    failed,
    stop: async () => {
      stopping = true;
      await stopAll(roles, owner, postgres);
      await rm(runPath, { force: true });
    },
  };
}

/** The running program of a data folder, or null. */
export async function runningProgram(dataDir: string): Promise<(RunFile & { operatorKey: string }) | null> {
  try {
    const run = JSON.parse(await readFile(join(dataDir, "run.json"), "utf8")) as RunFile;
    process.kill(run.pid, 0);
    const answer = await fetch(`${run.url}/healthz`, { signal: AbortSignal.timeout(3000) });
    if (!answer.ok) return null;
    return { ...run, operatorKey: await ensureOperatorKey(dataDir) };
  } catch {
    return null;
  }
}

async function stopAll(roles: readonly SupervisedRole[], owner: pg.Client, postgres: EmbeddedPostgres): Promise<void> {
  // The front first: what it has accepted is committed before anything else goes.
  for (const role of roles.toReversed()) await role.stop();
  await owner.end().catch(() => {});
  await postgres.stop();
}

async function takeLock(owner: pg.Client, config: Config): Promise<void> {
  const deadline = Date.now() + lockPatienceMs;
  for (;;) {
    const { rows } = await owner.query<{ held: boolean }>("select pg_try_advisory_lock($1) as held", [programLock]);
    if (rows[0]!.held) return;
    const running = await runningProgram(config.dataDir);
    refuseWhereRunning(config, running);
    if (Date.now() > deadline) throw new ProgramError("already-running", `another program holds the data folder ${config.dataDir}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function refuseWhereRunning(config: Config, running: RunFile | null): void {
  if (running === null) return;
  throw new ProgramError(
    "already-running",
    `another program holds the data folder ${config.dataDir} (process ${running.pid}, ${running.url})`,
  );
}

async function ensureOperatorKey(dataDir: string): Promise<string> {
  const path = join(dataDir, "secrets", "operator.key");
  await mkdir(join(dataDir, "secrets"), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, `pko_${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
    await chmod(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return (await readFile(path, "utf8")).trim();
}

/** A role's process, started again when it ends by itself. */
class SupervisedRole {
  readonly ready: Promise<Readonly<Record<string, string>>>;
  readonly #name: string;
  readonly #start: RoleStart;
  readonly #onEnd: (code: number | null) => void;
  #child: ChildProcess;
  #stopping = false;

  constructor(name: string, start: RoleStart, onEnd: (code: number | null) => void) {
    this.#name = name;
    this.#start = start;
    this.#onEnd = onEnd;
    this.#child = this.#spawn();
    this.ready = new Promise((resolve, reject) => {
      this.#child.once("message", (message) => resolve((message as { ready: Record<string, string> }).ready));
      this.#child.once("exit", (code) =>
        reject(new ProgramError("role-failed", `the ${name} process ended with ${code} while starting; its log stands above`)),
      );
    });
    this.ready.then(
      () => this.#watch(),
      () => {},
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    if (this.#child.connected) this.#child.send("stop");
    await ended;
  }

  #spawn(): ChildProcess {
    const child = spawn(process.execPath, [join(import.meta.dirname, "role-process.ts"), this.#name], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.on("error", () => {});
    child.send(this.#start);
    return child;
  }

  #watch(): void {
    this.#child.once("exit", (code) => {
      if (this.#stopping) return;
      this.#onEnd(code);
      setTimeout(() => {
        if (this.#stopping) return;
        this.#child = this.#spawn();
        this.#watch();
      }, restartDelayMs);
    });
  }
}
