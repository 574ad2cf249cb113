import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const cli = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

/** A witness as its operator runs it, in a process and a folder of its own; it comes back where it was. */
export class WitnessProcess {
  readonly folder = mkdtempSync(join(tmpdir(), "pk-witness-"));
  readonly vkey: string;
  url = "";
  #child: ChildProcess | null = null;

  constructor(name: string) {
    this.vkey = execFileSync(process.execPath, [cli, "audit", "witness", "init", join(this.folder, "w"), "--name", name], {
      encoding: "utf8",
    }).trim();
  }

  /** @param logs lines of its known logs. */
  async start(logs: string): Promise<void> {
    const file = join(this.folder, "logs");
    writeFileSync(file, logs);
    const address = this.url === "" ? "127.0.0.1:0" : new URL(this.url).host;
    const child = spawn(process.execPath, [cli, "audit", "witness", "serve", join(this.folder, "w"), "--logs", file, "--http", address], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    let output = "";
    this.url = await new Promise<string>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString("utf8");
        const found = /^witness is ready: (\S+)$/m.exec(output);
        if (found !== null) resolve(found[1]!);
      });
      child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
      child.once("exit", (code) => reject(new Error(`the witness ended with ${code}:\n${output}`)));
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }

  /** As if it had never cosigned anything. */
  forget(): void {
    for (const part of ["heads", "anchor"]) rmSync(join(this.folder, "w", part), { recursive: true, force: true });
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
