import { createServer, type ServerHttp2Stream } from "node:http2";
import { once } from "node:events";
import { providerSchemaAnswer } from "./provider-schema.ts";
import type { ProviderSchema } from "./extract-schema.ts";

export interface StubProvider {
  /** Environment for the CLI: it then asks this process instead of starting a provider (Terraform documentation, "Debugging providers"). */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * A provider that knows a schema and does nothing: enough for `terraform validate`, and for `terraform test` with a mocked provider. It speaks gRPC over a Unix socket: each
 * call one HTTP/2 stream, each message behind one byte of flags and four of length (grpc.io, "gRPC over HTTP2").
 */
export async function startStubProvider(schema: ProviderSchema, source: string, socket: string): Promise<StubProvider> {
  const answer = providerSchemaAnswer(schema);
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => sessions.add(session));
  server.on("stream", (stream, headers) => {
    // The CLI hangs up when it has what it came for.
    stream.on("error", () => {});
    stream.resume();
    const path = String(headers[":path"]);
    // Streams of the plug-in framework for logs and callbacks; nothing comes on them.
    if (/GRPC(?:Broker|Stdio)/.test(path)) return stayOpen(stream);
    stream.on("end", () => reply(stream, path.endsWith("/GetProviderSchema") ? answer : Buffer.alloc(0)));
  });
  server.listen(socket);
  await once(server, "listening");
  const attached = { Protocol: "grpc", ProtocolVersion: 6, Pid: process.pid, Test: true, Addr: { Network: "unix", String: socket } };
  return {
    environment: { TF_REATTACH_PROVIDERS: JSON.stringify({ [source]: attached }) },
    close: async () => {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function stayOpen(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" });
}

function reply(stream: ServerHttp2Stream, message: Buffer): void {
  if (stream.destroyed) return;
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([head, message]));
}
