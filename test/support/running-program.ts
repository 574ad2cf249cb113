import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { otherAdapters } from "./other-adapters.ts";
import { scratchFolder } from "./scratch.ts";

const cli = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
const startDeadlineMs = 300_000;

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  json(): any;
}

/** The whole product as its users start it, on a data folder of its own. */
export class RunningProgram {
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #given: NodeJS.ProcessEnv;
  /** Everything that all its starts have printed. */
  output = "";
  url = "";
  #child: ChildProcess | null = null;
  #databaseUrl: string | null = null;

  /** @param folder what the data folder is made in. */
  constructor(env: NodeJS.ProcessEnv = {}, folder = scratchFolder) {
    this.dataDir = mkdtempSync(join(folder, "pk-"));
    this.#given = env;
    this.env = { ...process.env, PARCELKEEP_DATA: this.dataDir, PARCELKEEP_HTTP: "127.0.0.1:0", ...env };
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  async start(): Promise<void> {
    if (this.url === "") Object.assign(this.env, await otherAdapters(this.#given));
    const child = spawn(process.execPath, [cli, "start", "--no-demo"], { env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#databaseUrl = null;
    const url = await new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the program did not start:\n${this.output}`)), startDeadlineMs);
      const hear = (chunk: Buffer): void => {
        this.output += chunk.toString("utf8");
        const found = /Parcelkeep is running: (\S+)[^]*Stop with/.exec(this.output.slice(this.output.lastIndexOf("Parcelkeep is running")));
        if (found === null || child.exitCode !== null) return;
        clearTimeout(late);
        resolve(found[1]!);
      };
      child.stdout!.on("data", hear);
      child.stderr!.on("data", (chunk: Buffer) => (this.output += chunk.toString("utf8")));
      child.once("exit", (code) => {
        clearTimeout(late);
        reject(new Error(`the program ended with ${code}:\n${this.output}`));
      });
    });
    this.url = url;
  }

  /** @returns the exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    const child = this.#child!;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    return ended;
  }

  /** A command of the program's, as a user types it. @returns its standard output. */
  command(...args: string[]): string {
    return execFileSync(process.execPath, [cli, ...args], { env: this.env, encoding: "utf8" });
  }

  async call(
    path: string,
    options: { method?: string; key?: string; body?: string | Uint8Array; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const headers = { ...options.headers, ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }) };
    const answer = await fetch(`${this.url}${path}`, {
      method: options.method ?? (options.body === undefined ? "GET" : "POST"),
      headers,
      ...(options.body === undefined ? {} : { body: options.body as never }),
    });
    const text = await answer.text();
    return { status: answer.status, text, headers: answer.headers, json: () => JSON.parse(text) };
  }

  /** Of the database's owner, as the command says it; asked for once a start. */
  get databaseUrl(): string {
    return (this.#databaseUrl ??= this.command("db", "url").trim());
  }

  get operatorKey(): string {
    return readFileSync(join(this.dataDir, "secrets", "operator.key"), "utf8").trim();
  }

  /** Waits until `check` gives something. */
  async until<Result>(check: () => Promise<Result | null | false | undefined>, what: string, waitMaxMs = 30_000): Promise<Result> {
    const deadline = Date.now() + waitMaxMs;
    while (Date.now() < deadline) {
      const found = await check();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`waited in vain for ${what}`);
  }

  async remove(): Promise<void> {
    await this.stop().catch(() => {});
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
