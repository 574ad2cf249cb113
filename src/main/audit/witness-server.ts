import { hash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { formatKey } from "../../audit/note.ts";
import { addCheckpoint, sizeMediaType, type WitnessAnswer } from "../../audit/witness.ts";
import { makeFolder } from "../../cloud/durable-file.ts";
import { replaceFile } from "../../cloud/files-pointer-store.ts";
import { errorKind, type ProgramLog } from "../log.ts";
import { Turns } from "../turns.ts";
import { witnessHeads } from "./witness-heads.ts";
import { knownLogs, witnessSigner } from "./witness-setup.ts";

/** Two signatures of ML-DSA-44, 63 hashes and more than twenty Ed25519 signatures. */
const bodyBytesMax = 64 * 1024;
const requestMs = 10_000;
const connectionsMax = 256;
/** Heads that contradict what was cosigned, kept to be shown to others. Each is one file, however often it comes; without a log's key nobody makes more of them. */
const evidenceMax = 100;

const evidenceFolder = "evidence";

const signedStatuses: ReadonlySet<number> = new Set([200, 409, 422]);

export interface WitnessOptions {
  /** What `init` made: the key; heads and evidence come into it. */
  readonly folder: string;
  /** Where the last heads are kept a second time, best on another disk. */
  readonly anchor: string;
  /** File of {@link knownLogs}. */
  readonly logs: string;
  readonly host: string;
  readonly port: number;
  /** Certificate and key, PEM; without them something in front ends TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
}

export interface RunningWitness {
  readonly url: string;
  /** Its verifier key. */
  readonly vkey: string;
  stop(): Promise<void>;
}

/** A witness of audit logs over HTTP (C2SP tlog-witness 1.0.0). @throws {WitnessSetupError} */
export async function serveWitness(options: WitnessOptions, log: ProgramLog): Promise<RunningWitness> {
  const signer = await witnessSigner(options.folder, Date.now);
  const logsOf = knownLogs(await readFile(options.logs, "utf8"));
  const state = witnessHeads(options.folder, options.anchor);
  const turns = new Turns();
  const answer = async (body: string): Promise<WitnessAnswer> => {
    const given = await turns.take(originOf(body), () => addCheckpoint(body, logsOf, [signer], state));
    // Only what is signed by a known log is written down.
    log.info({ ...(signedStatuses.has(given.status) ? { origin: originOf(body) } : {}), status: given.status }, "add-checkpoint");
    const evidence = "evidence" in given ? given.evidence : null;
    if (evidence !== null) await turns.take(evidenceFolder, () => keepEvidence(options.folder, evidence, body, log));
    return given;
  };
  const server = serverOf(options.tls, (request, response) => {
    respond(request, response, answer).catch((error: unknown) => {
      // Its code says whether the folder was put back (`went-back`).
      log.error(errorKind(error), "a checkpoint was not cosigned");
      if (!response.headersSent) response.writeHead(500).end();
    });
  });
  const url = await listening(server, options);
  return {
    url,
    vkey: formatKey(signer.key),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function serverOf(tls: WitnessOptions["tls"], handle: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const bounds = { requestTimeout: requestMs, headersTimeout: requestMs, keepAliveTimeout: 60_000 };
  const server = tls === null ? createHttpServer(bounds, handle) : createHttpsServer({ ...bounds, ...tls, minVersion: "TLSv1.2" }, handle);
  server.maxConnections = connectionsMax;
  return server;
}

async function listening(server: Server, { host, port, tls }: WitnessOptions): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return `${tls === null ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${taken}`;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (body: string) => Promise<WitnessAnswer>,
): Promise<void> {
  if (URL.parse(request.url ?? "", "http://witness.invalid")?.pathname !== "/add-checkpoint") return end(response, 404);
  if (request.method !== "POST") return end(response.setHeader("allow", "POST"), 405);
  const body = await bodyOf(request);
  if (body === "too-large") return end(response.setHeader("connection", "close"), 413);
  const text = utf8(body);
  if (text === null) return end(response, 400);
  const given = await answer(text);
  if (given.status === 200) response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(given.body);
  else if (given.status === 409) response.writeHead(409, { "content-type": sizeMediaType }).end(`${given.size}\n`);
  else end(response, given.status);
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | "too-large"> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return "too-large";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function utf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The first line of the checkpoint, as it stands there; checked by whoever reads the rest. */
function originOf(body: string): string {
  return body.slice(body.indexOf("\n\n") + 2).split("\n", 1)[0]!;
}

/** @param checkpoint names the file: the same head is kept once, as it came first, and another beside it. One at a time. */
async function keepEvidence(folder: string, checkpoint: string, body: string, log: ProgramLog): Promise<void> {
  const kept = join(folder, evidenceFolder);
  await makeFolder(kept);
  const name = `${hash("sha256", checkpoint, "hex")}.txt`;
  const names = (await readdir(kept)).filter((each) => each.endsWith(".txt"));
  const isFull = names.length >= evidenceMax;
  if (!names.includes(name) && !isFull) await replaceFile(join(kept, name), body);
  log.error({ code: "contradiction", kept: names.includes(name) || !isFull }, "a signed checkpoint contradicts what was cosigned");
}
