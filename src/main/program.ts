import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { EmbeddedPostgres } from "../store/embedded/server.ts";
import type { ProgramLock } from "../store/program-lock.ts";
import { OpenerError, type OpenSubject } from "../vault/opening.ts";
import { type Config, environmentWith, signInEnvironment } from "./config.ts";
import { ensureSecrets, type HeldFolder, holdFolder, removeRunFile, writeRunFile } from "./data-folder.ts";
import { roleKeyPowers } from "./keys/key-powers.ts";
import { errorKind, programLog, type ProgramLog } from "./log.ts";
import { localOpener } from "./releases/opener.ts";
import { ProgramError } from "./program-error.ts";
import { type RoleName, rolePowers, type RoleStart } from "./role.ts";
import { frontPermissions, outboundPermissions } from "./role-permissions.ts";
import { EndedWhileStarting, SupervisedRole } from "./supervised-role.ts";

/** They start side by side. The front loads beside them, begins when all of them run, and stops first. */
const rolesBehindFront: readonly RoleName[] = ["sequencer", "keeper", "worker", "archivist", "outbound", "granter"];

export interface Program {
  readonly url: string;
  readonly operatorKey: string;
  /** Drains and stops everything. */
  stop(): Promise<void>;
  /** Resolves with the reason when the program cannot go on. */
  readonly failed: Promise<string>;
}

/**
 * Starts the embedded default: database, ingress and API, worker, archivist, keeper and sequencer, on one data folder.
 * @throws {ProgramError}
 */
export async function startProgram(config: Config): Promise<Program> {
  const log = programLog(config.logLevel, "program");
  const folder = await holdFolder(config.dataDir, (line) => log.debug(line));
  const running = new RunningProgram(config, folder, log);
  try {
    await running.start();
  } catch (error) {
    await running.stop();
    throw error instanceof EndedWhileStarting ? new ProgramError("role-failed", error.message, { cause: error }) : error;
  }
  return running;
}

class RunningProgram implements Program {
  readonly failed: Promise<string>;
  url = "";
  operatorKey = "";
  readonly #config: Config;
  readonly #folder: HeldFolder;
  readonly #log: ProgramLog;
  readonly #roles: SupervisedRole[] = [];
  #fail: (reason: string) => void = () => {};
  #isStopping = false;

  constructor(config: Config, folder: HeldFolder, log: ProgramLog) {
    this.#config = config;
    this.#folder = folder;
    this.#log = log;
    this.failed = new Promise((resolve) => (this.#fail = resolve));
    void this.#watchServer(folder.postgres);
    void this.#watchLock(folder.lock);
  }

  async start(): Promise<void> {
    await refuseTakenAddress(this.#config);
    this.operatorKey = await ensureSecrets(this.#config);
    let letBegin: () => void = () => {};
    const mayBegin = new Promise<void>((resolve) => (letBegin = resolve));
    const behind = rolesBehindFront.map((name) => this.#supervise(name, Promise.resolve()));
    const front = this.#supervise("front", mayBegin);
    this.#roles.push(...behind, front);
    await Promise.all(behind.map((role) => role.started()));
    letBegin();
    await front.started();
    await this.#announce();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    // The front first: what it has accepted is committed before anything else goes.
    await this.#roles.at(-1)?.stop();
    await Promise.all(this.#roles.slice(0, -1).map((role) => role.stop()));
    await this.#folder.release();
    await removeRunFile(this.#config.dataDir);
  }

  /** @param mayBegin the process is launched at once and gets its connections then. */
  #supervise(name: RoleName, mayBegin: Promise<void>): SupervisedRole {
    const { postgres } = this.#folder;
    const connections = Object.fromEntries(rolePowers[name].map((power) => [power, postgres.connection(power)]));
    return new SupervisedRole(name, () => launchRole(name, { connections } as unknown as RoleStart, this.#config, mayBegin), {
      ready: (detail) => this.#hearReady(detail["url"]),
      open: this.#reportedOpener(
        localOpener(this.#config, postgres.connection("parcelkeep_opener"), () => (this.url === "" ? null : this.url)),
      ),
      ended: (how, restartMs) => this.#log.error({ process: name, how, restartMs }, "a process ended and is started again"),
      gaveUp: (reason) => this.#fail(reason),
    });
  }

  /** An opener has no log of its own; whoever asked learns that it failed and not why. */
  #reportedOpener(open: OpenSubject): OpenSubject {
    return (request) =>
      open(request).catch((error: unknown) => {
        // A policy that allows nothing is no failure.
        if (error instanceof OpenerError && error.code === "not-permitted") throw error;
        const keys = error instanceof OpenerError && error.keys !== null ? { keys: error.keys } : {};
        this.#log.error({ ...errorKind(error), ...keys, purpose: request.purpose }, "nothing was opened");
        throw error;
      });
  }

  /** A front that was started again on a port that the system chooses has another address. */
  #hearReady(url: string | undefined): void {
    const isNew = url !== undefined && url !== this.url;
    const isAnnounced = this.url !== "";
    if (!isNew) return;
    this.url = url;
    if (isAnnounced) this.#announce().catch((error: unknown) => this.#log.error(errorKind(error), "the new address could not be written"));
  }

  async #announce(): Promise<void> {
    await writeRunFile(this.#config.dataDir, { pid: process.pid, url: this.url });
  }

  async #watchServer(postgres: EmbeddedPostgres): Promise<void> {
    await postgres.exited;
    if (!this.#isStopping) this.#fail("PostgreSQL ended; start the program again, it will recover");
  }

  async #watchLock(lock: ProgramLock): Promise<void> {
    const reason = await lock.lost;
    const why = { taken: "another program took the data folder", unreachable: "the database lets nobody in" }[reason];
    this.#fail(`the hold on the data folder was lost: ${why}`);
  }
}

const addressPatienceMs = 5_000;

/** A program that was killed may hold the address for a moment longer. @throws {ProgramError} `address-in-use` */
async function refuseTakenAddress({ httpHost: host, httpPort: port }: Config): Promise<void> {
  for (const late = Date.now() + addressPatienceMs; port !== 0 && (await isTaken(host, port)); await setTimeout(100))
    if (Date.now() > late) throw new ProgramError("address-in-use", `something else listens on ${host}:${port}`);
}

function isTaken(host: string, port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRINUSE"));
    server.listen({ host, port }, () => server.close(() => resolve(false)));
  });
}

/** Those of the processes that speak to others. */
const permissionsOf: Readonly<Partial<Record<RoleName, (config: Config) => readonly string[]>>> = {
  front: frontPermissions,
  outbound: outboundPermissions,
};

function launchRole(name: RoleName, start: RoleStart, config: Config, mayBegin: Promise<void>): ChildProcess {
  const permissions = permissionsOf[name]?.(config) ?? [];
  const child = spawn(process.execPath, [...permissions, join(import.meta.dirname, "role-process.ts"), name], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...environmentWith(roleKeyPowers[name]), ...(name === "front" ? signInEnvironment() : {}) },
  });
  void mayBegin.then(() => child.connected && child.send(start));
  return child;
}
