import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";

export type CallerAddress = (request: Pick<FastifyRequest, "ip" | "headers">) => string;

/**
 * Whose request it is, where proxies of ours stand in front. Each of them writes who called it at the end of `X-Forwarded-For`; what stands before their entries is the caller's own
 * word, and is never looked at. A request that did not come by all of them, or whose entry is no address, is whose connection it is.
 * @param trustedHops how many of them there are; 0: whoever connects is the caller, and the header is nobody's.
 */
export function callerAddress(trustedHops: number): CallerAddress {
  if (trustedHops === 0) return ({ ip }) => ip;
  return ({ ip, headers }) => {
    const entries = [headers["x-forwarded-for"] ?? []].flat().flatMap((line) => line.split(","));
    const told = entries.at(-trustedHops)?.trim();
    return told !== undefined && isIP(told) !== 0 ? told : ip;
  };
}
