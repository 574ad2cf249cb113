import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface AuthorityServer {
  readonly url: string;
  /** Requests that it got. */
  readonly asked: Buffer[];
  stop(): Promise<void>;
}

/** A time-stamping authority over HTTP (RFC 3161, section 3.4). @param answer null for an error of the server's. */
export async function authorityServer(answer: (request: Buffer) => Buffer | null): Promise<AuthorityServer> {
  const asked: Buffer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      asked.push(body);
      const isQuery = request.method === "POST" && request.headers["content-type"] === "application/timestamp-query";
      const answered = isQuery ? answer(body) : null;
      if (answered === null) response.writeHead(500).end();
      else response.writeHead(200, { "content-type": "application/timestamp-reply" }).end(answered);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`,
    asked,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
