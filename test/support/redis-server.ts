import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** A real Redis or Valkey on a port of its own, with nothing on disk. */
export class RedisServer {
  readonly port: number;
  readonly #command: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "redis-"));
  readonly #settings: readonly string[];
  #child: ChildProcess | null = null;

  private constructor(command: string, port: number, settings: readonly string[]) {
    this.#command = command;
    this.port = port;
    this.#settings = settings;
  }

  /** @param settings lines of its configuration. */
  static async start(command: string, settings: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(command, await freePort(), settings);
    await server.resume();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again, empty, on the same port. */
  async resume(): Promise<void> {
    const file = join(this.#folder, "redis.conf");
    const plain = this.#settings.some((line) => line.startsWith("tls-port")) ? "port 0" : `port ${this.port}`;
    writeFileSync(
      file,
      [
        "bind 127.0.0.1",
        plain,
        'save ""',
        "appendonly no",
        `dir ${this.#folder}`,
        ...this.#settings.map((line) => line.replace("PORT", String(this.port))),
      ].join("\n"),
    );
    this.#child = spawn(this.#command, [file], { stdio: "ignore" });
    while (!(await answers(this.port))) await wait(20);
  }

  /** As a machine that is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** Holds it: connections stand, nothing is answered. */
  pause(): void {
    this.#child!.kill("SIGSTOP");
  }

  async end(): Promise<void> {
    this.#child?.kill("SIGCONT");
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function answers(port: number): Promise<boolean> {
  const socket = createConnection(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
