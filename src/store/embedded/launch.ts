import { spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { commandAs } from "./account.ts";
import { handOver } from "./cluster.ts";
import { ownersConnection } from "./connection.ts";
import { EmbeddedPostgresError } from "./error.ts";
import { maintenanceDatabase, takeLease, type Lease } from "./lease.ts";
import type { Place } from "./place.ts";
import { disownStranger, isPostgresOf, lastArguments, runningPostmaster } from "./postmaster.ts";
import { openServerLog } from "./server-log.ts";
import { stopServer } from "./stop.ts";

/** Recovery after a crash reads up to `max_wal_size` of log; minutes on a slow disk. */
export const readyDeadlineMs = 180_000;
/** Another program may be faster, or take the port. */
const attemptsMax = 8;
const betweenAttemptsMs = 100;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server that takes connections, and our share in it. */
export interface Running {
  readonly pid: number;
  readonly port: number;
  readonly lease: Lease;
  /** Our child; null for a server that another program started. */
  readonly child: { readonly exit: Promise<Exit>; /** It goes on without us and does not keep this program alive. */ letGo(): void } | null;
}

/**
 * Uses the server that runs on the folder, or starts one. Which of the two cannot be known beforehand: another program may start or stop one at
 * this moment, and the server itself, which locks its folder, has the last word. So it is tried a few times.
 *
 * @throws {EmbeddedPostgresError} `start-failed`, `not-ready`, `passwords-unusable`, `folder-unusable`, `stop-failed`
 */
export async function joinOrLaunch(place: Place): Promise<Running> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const running = (await join(place)) ?? (await launch(place, attempt));
    if (running !== null) return running;
    await wait(betweenAttemptsMs);
  }
  throw new EmbeddedPostgresError("start-failed", `no server could be started in ${attemptsMax} attempts`);
}

/** @returns null when none runs, or none any more. */
async function join(place: Place): Promise<Running | null> {
  const found = await runningPostmaster(place.clusterFolder);
  if (found === null) return null;
  const lease = await takeLease(
    ownersConnection({ ...place, port: found.port }, maintenanceDatabase),
    () => isPostgresOf(place.clusterFolder, found.pid),
    readyDeadlineMs,
  );
  if (lease === null) return null;
  if (await hasOurSettings(place, found.port)) return { ...found, lease, child: null };
  // An earlier version, or a test without fsync: what it acknowledges is not what we promise.
  if (!(await lease.returnShare())) {
    await lease.close();
    throw new EmbeddedPostgresError("start-failed", "another program runs this database with other settings; stop it first");
  }
  await stopServer(place, found.pid);
  await lease.close();
  return null;
}

async function hasOurSettings(place: Place, port: number): Promise<boolean> {
  const wanted = place.serverArguments(port).map((argument) => `"${argument}"`);
  return (await lastArguments(place.clusterFolder)) === wanted.join(" ");
}

/** @returns null when another server holds the folder or the port, and trying again makes sense. */
async function launch(place: Place, attempt: number): Promise<Running | null> {
  await disownStranger(place.clusterFolder);
  await handOver(place.dataDir, place.account);
  const port = await choosePort(place, attempt);
  const { file, args, options } = commandAs(place.account, place.binaries.postgres, place.serverArguments(port));
  const serverLog = await openServerLog(place.dataDir);
  // A group of its own: a Ctrl-C in the terminal is for us, and our last commits need the server.
  const child = spawn(file, args, { ...options, detached: true, stdio: ["ignore", serverLog.handle.fd, serverLog.handle.fd] });
  let hasExited = false;
  const exit = new Promise<Exit>((settle) => {
    child.once("exit", (code, signal) => settle({ code, signal }));
    child.once("error", () => settle({ code: null, signal: null }));
  });
  void exit.then(() => (hasExited = true));
  try {
    const lease = await takeLease(ownersConnection({ ...place, port }, maintenanceDatabase), async () => !hasExited, readyDeadlineMs);
    if (lease !== null) return { pid: child.pid ?? 0, port, lease, child: { exit, letGo: () => child.unref() } };
    const said = await serverLog.tail();
    if (isWorthAnotherAttempt(said)) return null;
    const { code, signal } = await exit;
    throw new EmbeddedPostgresError("start-failed", `the server ended while starting (${signal ?? `exit code ${code}`})`, {
      serverLog: said,
    });
  } catch (error) {
    child.kill("SIGINT");
    if (!(error instanceof EmbeddedPostgresError) || error.serverLog !== "") throw error;
    throw new EmbeddedPostgresError(error.code, error.message, { cause: error, serverLog: await serverLog.tail() });
  } finally {
    await serverLog.handle.close();
  }
}

/** The folder's lock (or the socket's, after a crash and with its process id in use again) or the port is taken. */
function isWorthAnotherAttempt(serverLog: string): boolean {
  return /lock file ".*" (already exists|is empty)|could not create any TCP\/IP sockets|shut down/.test(serverLog);
}

/** The port of last time if it is free, so that an address that somebody noted stays right; else any. */
async function choosePort(place: Place, attempt: number): Promise<number> {
  const last = attempt === 1 ? Number(/"-p" "(\d+)"/.exec((await lastArguments(place.clusterFolder)) ?? "")?.[1] ?? 0) : 0;
  return (await freePort(last)) ?? (await freePort(0)) ?? 0;
}

/** @returns the port (one that the system chooses for 0), or null when it is in use. */
async function freePort(port: number): Promise<number | null> {
  return await new Promise((settle) => {
    const probe = createServer();
    probe.once("error", () => settle(null));
    probe.listen(port, "127.0.0.1", () => {
      const chosen = (probe.address() as AddressInfo).port;
      probe.close(() => settle(chosen));
    });
  });
}
