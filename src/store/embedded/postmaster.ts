import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const pollMs = 10;

/** A running server of a cluster folder, as its postmaster.pid names it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** @returns null when no server runs on this folder: no file, a file that is just being written, or one that a kill left behind. */
export async function runningPostmaster(clusterFolder: string): Promise<Postmaster | null> {
  const postmaster = await readPidFile(clusterFolder);
  return postmaster !== null && (await isPostgresOf(clusterFolder, postmaster.pid)) ? postmaster : null;
}

/** Lines of postmaster.pid (src/include/utils/pidfile.h): pid, data folder, start time, port, socket folder, listen address, shared memory, status. */
async function readPidFile(clusterFolder: string): Promise<Postmaster | null> {
  const text = await readFile(pidFileOf(clusterFolder), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return Number.isInteger(pid) && pid > 0 && Number.isInteger(port) && port > 0 ? { pid, port } : null;
}

function pidFileOf(clusterFolder: string): string {
  return join(clusterFolder, "postmaster.pid");
}

/** Process ids are reused, in containers at once; so the process must say for itself that it is a server on this folder. */
export async function isPostgresOf(clusterFolder: string, pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  switch (process.platform) {
    case "linux": {
      // Empty for a process that has ended and whose parent has not looked yet.
      const [program = "", ...args] = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
      return basename(program) === "postgres" && args.includes(clusterFolder);
    }
    case "win32":
      return true;
    default: {
      const { stdout } = await run("ps", ["-ww", "-o", "command=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
      return stdout.includes("postgres") && stdout.includes(clusterFolder);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** @returns whether the server was gone before the deadline. */
export async function waitUntilGone(clusterFolder: string, pid: number, deadlineMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + deadlineMs;
  while (await isPostgresOf(clusterFolder, pid)) {
    if (performance.now() > giveUpAt) return false;
    await wait(pollMs);
  }
  return true;
}

/**
 * A server that was killed leaves its postmaster.pid, and a later one takes it over, unless a stranger with the same process id is alive: then it
 * refuses to start, for ever in a container where ids repeat. Where we know the stranger for one, its id is replaced by that of a dead process.
 * The rest stays: with it the server makes sure that no old one still holds the shared memory. Deleting the file would skip that.
 */
export async function disownStranger(clusterFolder: string): Promise<void> {
  const postmaster = await readPidFile(clusterFolder);
  if (postmaster === null || process.platform !== "linux") return;
  if (!isAlive(postmaster.pid) || (await isPostgresOf(clusterFolder, postmaster.pid))) return;
  const dead = await deadPid();
  // Read and written without a pause, so that the file of a server that starts at this moment is not taken for the stranger's.
  const path = pidFileOf(clusterFolder);
  const [first, ...rest] = readFileSync(path, "utf8").split("\n");
  if (first === String(postmaster.pid)) writeFileSync(path, [dead, ...rest].join("\n"));
}

async function deadPid(): Promise<number> {
  const ended = execFile(process.execPath, ["--version"]);
  await new Promise((settle) => ended.once("close", settle));
  return ended.pid ?? 1;
}

/** The arguments that the last server of this folder was started with, as it wrote them down; null when none has run. */
export async function lastArguments(clusterFolder: string): Promise<string | null> {
  const text = await readFile(join(clusterFolder, "postmaster.opts"), "utf8").catch(() => "");
  const start = text.indexOf(' "-D"');
  return start === -1 ? null : text.slice(start).trim();
}
