import { isOfThisMachine } from "../../identity/checked-issuer.ts";
import type { ProviderFetch } from "../../identity/open-id-provider.ts";
import { EgressError } from "../../outbound/egress.ts";
import type { Transport } from "../../outbound/transport.ts";

export interface ProviderRoute {
  readonly issuer: string;
  /** Hosts of the provider's other than its issuer's, where its endpoints and keys are. */
  readonly hosts: readonly string[];
  /** `private`: it may have an address of one's own network. */
  readonly path: "public" | "private";
}

/**
 * `fetch` for the sign-in provider, under the rules of every other call that leaves: its own hosts alone, whatever its discovery document names; every address of a name looked at before the
 * connection is made to it; TLS; no redirect; bounded in time and size.
 * What is refused or not reached fails as Node's own `fetch` does, with the reason as its cause.
 */
export function providerFetch(
  { issuer, hosts, path }: ProviderRoute,
  transport: Pick<Transport, "send">,
  testHosts: ReadonlySet<string>,
): ProviderFetch {
  const own = new URL(issuer);
  const allowed: ReadonlySet<string> = new Set([own.host, ...hosts]);
  return async (address, { method, headers, body, signal }) => {
    try {
      const url = new URL(address);
      if (!allowed.has(url.host)) throw new EgressError("host-not-registered", "the provider names a host that is not its own");
      const isTestHost = testHosts.has(url.host) || (isOfThisMachine(own) && url.host === own.host);
      const call = {
        tenant: "",
        recipient: "sign-in-provider",
        method: methodOf(method),
        url: url.href,
        headers,
        body: bytesOf(body),
        covered: [],
      };
      const answer = await transport.send(call, { path, isTestHost }, signal);
      // A status that has no body takes none (Fetch Standard, section 2.2.3).
      const hasBody = ![204, 205, 304].includes(answer.status);
      return new Response(hasBody ? Buffer.from(answer.body) : null, { status: answer.status, headers: answer.headers });
    } catch (cause) {
      throw new TypeError("fetch failed", { cause });
    }
  };
}

function methodOf(method: string): "GET" | "POST" {
  if (method !== "GET" && method !== "POST") throw new TypeError("a provider is asked by GET or POST");
  return method;
}

function bytesOf(body: unknown): Buffer | null {
  if (body === undefined || body === null) return null;
  if (typeof body === "string" || body instanceof URLSearchParams) return Buffer.from(String(body));
  if (body instanceof Uint8Array) return Buffer.from(body);
  throw new TypeError("a body of a form that is not known");
}
