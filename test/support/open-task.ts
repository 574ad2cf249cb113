import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const cli = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

export interface EndedTask {
  readonly code: number | null;
  /** Its log, a line each. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
}

/** A task of the opener as a platform starts it: `parcelkeep` with these words. @param meanwhile called while it runs, with what sends a signal to all its processes. */
export async function runTask(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  meanwhile: (kill: (signal: NodeJS.Signals) => void) => Promise<void> = async () => {},
): Promise<EndedTask> {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "pipe"],
    detached: true,
  });
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
  const closed = once(child, "close");
  // One that has ended waits for nothing any more.
  await Promise.race([meanwhile((signal) => process.kill(-child.pid!, signal)), closed]);
  await closed;
  return {
    code: child.exitCode,
    log: text.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : line === "" ? [] : [{ line }])),
  };
}
