import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const cli = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
const readyDeadlineMs = 60_000;

/** One role in a process of its own, as a platform runs it. */
export interface ServedRole {
  /** Where it listens; empty for a role that faces nobody. */
  readonly url: string;
  /** What it has written to standard output. */
  readonly output: () => string;
  /** Sends SIGTERM. @returns the exit code. */
  end(): Promise<number | null>;
}

/**
 * @param execArgv of its Node.
 * @throws {Error} with what it printed, when it ends instead of getting ready.
 */
export async function serveRole(role: string, env: NodeJS.ProcessEnv, execArgv: readonly string[] = []): Promise<ServedRole> {
  const child = spawn(process.execPath, [...execArgv, cli, "serve", "--role", role], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  let output = "";
  let written = "";
  const ready = new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the role did not get ready:\n${output}`)), readyDeadlineMs);
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      written += chunk.toString("utf8");
      const line = /^\w+ is ready(?:: (\S+))?$/m.exec(output);
      if (line === null) return;
      clearTimeout(late);
      resolve(line[1] ?? "");
    });
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    child.once("close", (code: number | null) => {
      clearTimeout(late);
      reject(new Error(`the role ended with ${code}:\n${output}`));
    });
  });
  return { url: await ready, output: () => written, end: () => endOf(child, exited) };
}

async function endOf(child: ChildProcess, exited: Promise<unknown[]>): Promise<number | null> {
  child.kill("SIGTERM");
  await exited;
  return child.exitCode;
}
