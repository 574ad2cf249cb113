import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** Stands in front of a server and can take it away, as a failover does. */
export class CutProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isAway = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(t: TestContext, host: string, port: number): Promise<CutProxy> {
    const server = createServer();
    const proxy = new CutProxy(server);
    server.on("connection", (near) => proxy.#join(near, host, port));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => {
      proxy.cut();
      server.close();
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection in the middle of whatever it does, and lets nobody in until {@link mend}. */
  cut(): void {
    this.#isAway = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.#isAway = false;
  }

  #join(near: Socket, host: string, port: number): void {
    near.on("error", () => {});
    if (this.#isAway) return void near.resetAndDestroy();
    const far = createConnection(port, host);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on("error", () => {});
      one.once("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
