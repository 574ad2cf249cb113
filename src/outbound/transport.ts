import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import { mayConnect } from "./addresses.ts";
import { type EgressAnswer, type EgressCall, EgressError } from "./egress.ts";

/** Every address of a host name, as the system resolves it. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export interface TransportOptions {
  /** For the whole call, from resolving the name to the answer's last byte. */
  readonly timeoutMs: number;
  /** Of an answer, before and after decompression. */
  readonly answerBytesMax: number;
  readonly connectionsPerHost: number;
  readonly resolve?: Resolve;
  /** Certificates of authorities to trust instead of the usual ones. */
  readonly authorities?: string | null;
  /** `http://host:port` of a forward proxy that public paths go through, by CONNECT; private ones go directly. */
  readonly proxy?: string | null;
}

export const defaultTransport: TransportOptions = { timeoutMs: 30_000, answerBytesMax: 8 * 1024 * 1024, connectionsPerHost: 32 };

/** Where a call may be sent to. */
export interface Route {
  readonly path: "public" | "private";
  /** A host of a test: it may be this machine, and speak HTTP without TLS. */
  readonly isTestHost: boolean;
}

/** Sends what the guard has let through, to an address that was checked: the connection is made to the very addresses that were looked at. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #resolve: Resolve;
  readonly #agents = new Map<string, HttpAgent>();

  constructor(options: TransportOptions = defaultTransport) {
    this.#options = options;
    this.#resolve = options.resolve ?? ((host) => promisify(systemLookup)(host, { all: true, verbatim: true }));
  }

  /** @throws {EgressError} all codes but `leak` and `host-not-registered`. */
  async send(call: EgressCall, route: Route, signal?: AbortSignal): Promise<EgressAnswer> {
    const url = new URL(call.url);
    if (url.protocol !== "https:" && !(route.isTestHost && url.protocol === "http:"))
      throw new EgressError("tls", "a call is made over TLS or not at all");
    const timeout = AbortSignal.timeout(this.#options.timeoutMs);
    const ended = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    try {
      ended.throwIfAborted();
      const answer = await this.#request(url, call, route, ended);
      return await this.#read(answer, ended);
    } catch (error) {
      throw error instanceof EgressError ? error : egressError(error, ended.aborted);
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  async #request(url: URL, call: EgressCall, route: Route, signal: AbortSignal): Promise<IncomingMessage> {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    // An address needs no look-up, so it would not come by the check there.
    if (isIP(host) !== 0) refuseAddress(host, route);
    const options: RequestOptions = {
      method: call.method,
      headers: {
        "accept-encoding": "identity",
        ...lowerCased(call.headers),
        ...(call.body === null ? {} : { "content-length": call.body.length }),
      },
      agent: this.#agentFor(url.protocol, route),
      signal,
    };
    return new Promise((resolve, reject) => {
      const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, options, resolve);
      request.on("error", reject);
      request.end(call.body ?? undefined);
    });
  }

  /** Connections are kept and reused; each was made to an address that was checked for its kind of route. */
  #agentFor(protocol: string, route: Route): HttpAgent {
    const name = `${protocol}${route.path}${route.isTestHost}`;
    let agent = this.#agents.get(name);
    if (agent === undefined) {
      const { proxy = null, authorities = null, connectionsPerHost: maxSockets } = this.#options;
      const isProxied = proxy !== null && route.path === "public" && !route.isTestHost;
      // The proxy resolves the name, and is the one to say which addresses are anybody's; TLS ends at the recipient all the same.
      const way = isProxied ? { proxyEnv: { https_proxy: proxy } } : { lookup: this.#checkedLookup(route) };
      const options = { keepAlive: true, maxSockets, ...way };
      const trusted = authorities === null ? {} : { ca: authorities };
      agent =
        protocol === "https:"
          ? new HttpsAgent({ ...options, ...trusted, rejectUnauthorized: true, minVersion: "TLSv1.2" })
          : new HttpAgent(options);
      this.#agents.set(name, agent);
    }
    return agent;
  }

  #checkedLookup(route: Route): LookupFunction {
    return (host, { all, family }, callback) => {
      const wanted = family === 4 || family === 6 ? family : 0;
      this.#resolve(host).then(
        (addresses) => {
          // One that is refused makes the whole name suspect: it may be asked again until the other comes.
          for (const { address } of addresses) {
            if (!route.isTestHost && !mayConnect(address, route.path)) return callback(refusedAddress(), "", 0);
          }
          const usable = addresses.filter((each) => wanted === 0 || each.family === wanted);
          const first = usable[0];
          if (first === undefined) callback(new EgressError("unreachable", "the recipient's name has no address"), "", 0);
          else if (all === true) callback(null, [...usable]);
          else callback(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, "", 0),
      );
    };
  }

  async #read(answer: IncomingMessage, signal: AbortSignal): Promise<EgressAnswer> {
    const status = answer.statusCode ?? 0;
    if ([301, 302, 303, 307, 308].includes(status)) {
      answer.destroy();
      throw new EgressError("redirect-refused", "the recipient wants the call to go elsewhere");
    }
    const { answerBytesMax } = this.#options;
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      bytes += chunk.length;
      if (bytes > answerBytesMax) {
        answer.destroy();
        throw new EgressError("answer-too-large", `an answer may have ${answerBytesMax} bytes`);
      }
      chunks.push(chunk);
    }
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(answer.headers))
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
    const body = await inflated(Buffer.concat(chunks), headers["content-encoding"], answerBytesMax);
    return { status, headers, body };
  }
}

function refuseAddress(address: string, route: Route): void {
  if (!route.isTestHost && !mayConnect(address, route.path)) throw refusedAddress();
}

function refusedAddress(): EgressError {
  return new EgressError("address-refused", "the recipient's name leads to an address that is not its own to have");
}

function lowerCased(headers: EgressCall["headers"]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

const inflaters = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) } as const;

/** We ask for none, and some compress all the same. */
async function inflated(body: Buffer, encoding: string | undefined, bytesMax: number): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase();
  if (name === undefined || name === "identity" || name === "" || body.length === 0) return body;
  if (!(name in inflaters)) throw new EgressError("unreachable", "the answer is encoded in a way that was not asked for");
  try {
    return (await inflaters[name as keyof typeof inflaters](body, { maxOutputLength: bytesMax })) as Buffer;
  } catch (cause) {
    const isTooLarge = (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw isTooLarge
      ? new EgressError("answer-too-large", `an answer may have ${bytesMax} bytes`, { cause })
      : new EgressError("unreachable", "the answer does not decompress", { cause });
  }
}

/** OpenSSL's reasons as Node names them (nodejs.org, "X509 certificate error codes") and its own. */
const tlsCode = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO)/;

function egressError(cause: unknown, isAborted: boolean): EgressError {
  if (isAborted) return new EgressError("timeout", "the call was not done in its time", { cause });
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  if (tlsCode.test(code)) return new EgressError("tls", `the recipient could not be verified: ${code}`, { cause });
  return new EgressError("unreachable", `the recipient was not reached${code === "" ? "" : `: ${code}`}`, { cause });
}
