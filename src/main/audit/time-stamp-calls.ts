import { type EgressCall, EgressError } from "../../outbound/egress.ts";
import { commonRules, joinedRules } from "../../outbound/guard/rules.ts";
import { namedEgress, type NamedEgressParts } from "../outbound/named-egress.ts";
import { isTimeStampRequest, requestMediaType, responseMediaType } from "./time-stamp-request.ts";

/** A token with its certificates has 2 to 10 KiB. */
export const timeStampAnswerBytesMax = 64 * 1024;

/** Posts a request to the authority. @returns its answer, whatever is in it; null where there is none. */
export type AskAuthority = (request: Buffer) => Promise<Uint8Array | null>;

/**
 * Calls to the authority that the settings name (RFC 3161, section 3.4), through the egress guard, which lets a digest and a nonce out and nothing else.
 * @param ended when nobody waits any more.
 */
export function askAuthority(
  url: string,
  parts: Pick<NamedEgressParts, "testHosts" | "transport" | "isProxied" | "log">,
  ended: AbortSignal,
): AskAuthority {
  const rules = joinedRules(commonRules, {
    texts: new Set([...new URL(url).pathname.split("/"), requestMediaType, responseMediaType]),
    formats: [],
    bodies: [{ mediaType: requestMediaType, isWhole: isTimeStampRequest }],
  });
  const egress = namedEgress({ ...parts, label: "time-stamping authority", urls: [url], rules });
  return async (request) => {
    const call: EgressCall = {
      tenant: "",
      recipient: "time-stamps",
      method: "POST",
      url,
      headers: { "content-type": requestMediaType, accept: responseMediaType },
      body: request,
      covered: [],
    };
    try {
      const { status, body } = await egress.send(call, ended);
      return status === 200 ? body : null;
    } catch (error) {
      if (error instanceof EgressError) return null;
      throw error;
    }
  };
}
