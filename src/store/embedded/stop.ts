import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { EmbeddedPostgresError } from "./error.ts";
import type { Place } from "./place.ts";
import { isPostgresOf, waitUntilGone } from "./postmaster.ts";

const run = promisify(execFile);

/** A fast stop writes all changed pages; up to `shared_buffers`, seconds on a slow disk. */
const fastDeadlineMs = 60_000;
const immediateDeadlineMs = 10_000;

/**
 * Ends sessions, writes everything to the data files and stops. If that takes too long it stops at once: nothing is lost, the next start recovers.
 *
 * @throws {EmbeddedPostgresError} `stop-failed`
 */
export async function stopServer(place: Pick<Place, "clusterFolder" | "binaries">, pid: number): Promise<void> {
  // Signals of https://www.postgresql.org/docs/18/server-shutdown.html: SIGINT is fast, SIGQUIT immediate.
  for (const [signal, mode, deadlineMs] of [
    ["SIGINT", "fast", fastDeadlineMs],
    ["SIGQUIT", "immediate", immediateDeadlineMs],
  ] as const) {
    if (!(await isPostgresOf(place.clusterFolder, pid))) return;
    await ask(place, pid, signal, mode);
    if (await waitUntilGone(place.clusterFolder, pid, deadlineMs)) return;
  }
  throw new EmbeddedPostgresError("stop-failed", `the server, process ${pid}, does not stop`);
}

async function ask(place: Pick<Place, "clusterFolder" | "binaries">, pid: number, signal: NodeJS.Signals, mode: string): Promise<void> {
  try {
    if (process.platform === "win32") await run(place.binaries.pg_ctl, ["stop", "-W", "-m", mode, "-D", place.clusterFolder]);
    else process.kill(pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH")
      throw new EmbeddedPostgresError("stop-failed", `the server, process ${pid}, cannot be told to stop`, { cause });
  }
}
