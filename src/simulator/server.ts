import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { CarrierDesk } from "./carrier-desk.ts";
import { control } from "./control.ts";
import type { Call, Tracked } from "./simulated-carrier.ts";
import type { World } from "./world.ts";

/** Longest request body that is read. */
const bodyBytesMax = 1024 * 1024;

/** Told when an answer about parcels has left whole. */
export type OnAnswered = (source: string, tracked: readonly Tracked[], at: number) => void;

/** All carriers behind one address, each below its source's name: `http://127.0.0.1:4711/gls`. */
export class SimulatorServer {
  readonly desks: ReadonlyMap<string, CarrierDesk>;
  readonly world: World;
  readonly #server: Server;
  readonly #onAnswered: OnAnswered;
  #url = "";

  private constructor(desks: readonly CarrierDesk[], world: World, onAnswered: OnAnswered) {
    this.desks = new Map(desks.map((desk) => [desk.carrier.source, desk]));
    this.world = world;
    this.#onAnswered = onAnswered;
    this.#server = createServer((request, response) => void this.#answer(request, response).catch(() => response.destroy()));
    // A hanging call is to hang: the caller's patience ends it, not ours.
    this.#server.requestTimeout = 0;
  }

  static async start(
    desks: readonly CarrierDesk[],
    world: World,
    { host, port, onAnswered = () => {} }: { readonly host: string; readonly port: number; readonly onAnswered?: OnAnswered },
  ): Promise<SimulatorServer> {
    const simulator = new SimulatorServer(desks, world, onAnswered);
    await new Promise<void>((resolve, reject) => {
      simulator.#server.once("error", reject);
      simulator.#server.listen(port, host, resolve);
    });
    const address = simulator.#server.address() as AddressInfo;
    simulator.#url = `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
    return simulator;
  }

  get url(): string {
    return this.#url;
  }

  baseUrlOf(source: string): string {
    return `${this.#url}/${source}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://simulator");
    const [, source = ""] = url.pathname.split("/", 2);
    const body = await bodyOf(request);
    if (body === null) return send(response, 413, {}, "");
    const call: Call = {
      method: request.method ?? "GET",
      path: url.pathname.slice(source.length + 1),
      query: url.searchParams,
      headers: request.headers as Call["headers"],
      body,
    };
    if (source === "_control") {
      const reply = control(this, call);
      return send(response, reply.status, reply.headers, reply.body);
    }
    const desk = this.desks.get(source);
    if (desk === undefined) return send(response, 404, {}, "");
    const handling = desk.handle(call, Date.now());
    if (handling.kind === "hang") return;
    await new Promise((resolve) => setTimeout(resolve, handling.afterMs));
    const { status, headers, body: answer } = handling.reply;
    if (handling.isCut) {
      response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(answer) });
      response.write(answer.slice(0, Math.ceil(answer.length / 2)), () => response.destroy());
      return;
    }
    // Who has given up in between was told nothing.
    if (response.destroyed) return;
    if (handling.tracked.length > 0) response.once("finish", () => this.#onAnswered(source, handling.tracked, Date.now()));
    send(response, status, headers, answer);
  }
}

function send(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: string): void {
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
}

/** @returns null where it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
