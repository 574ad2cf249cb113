import type { Witness, WitnessReply } from "../../audit/cosign.ts";
import { sizeMediaType } from "../../audit/witness.ts";
import { type EgressCall, EgressError } from "../../outbound/egress.ts";
import { commonRules, type GuardRules, joinedRules } from "../../outbound/guard/rules.ts";
import type { WitnessAddress } from "../settings/log-witness-settings.ts";
import { namedEgress, type NamedEgressParts } from "../outbound/named-egress.ts";

/** Answers are a few lines of 100 bytes; of ML-DSA-44, 3,300. */
export const witnessAnswerBytesMax = 32 * 1024;
/** A witness that did not answer is left alone for this long, doubled each time: a head waits for all, and it would wait in vain. */
const restMinMs = 1_000;
const restMaxMs = 60_000;

/** Posts to a witness. @returns null where there is no answer. */
export type WitnessCalls = (witness: WitnessAddress, body: string, ended: AbortSignal) => Promise<WitnessReply | null>;

/** A witness that is not asked again at once when it did not answer. */
export function restingWitness(address: WitnessAddress, calls: WitnessCalls, nowMs: () => number): Witness {
  let restMs = 0;
  let restsUntil = -Infinity;
  return {
    key: address.key,
    addCheckpoint: async (body, ended) => {
      if (nowMs() < restsUntil) return null;
      const reply = await calls(address, body, ended);
      restMs = reply === null ? Math.min(restMaxMs, Math.max(restMinMs, restMs * 2)) : 0;
      restsUntil = nowMs() + restMs;
      return reply;
    },
  };
}

/** Calls to the witnesses that the settings name, through the egress guard, which lets heads, proofs and signatures out and nothing else. */
export function witnessCalls(
  witnesses: readonly WitnessAddress[],
  parts: Pick<NamedEgressParts, "testHosts" | "transport" | "isProxied" | "log">,
): WitnessCalls {
  const egress = namedEgress({ ...parts, label: "witness", urls: witnesses.map(({ url }) => url), rules: rulesOf(witnesses) });
  return async ({ url }, body, ended) => {
    try {
      const call: EgressCall = {
        tenant: "",
        recipient: "witness",
        method: "POST",
        url: addCheckpointUrl(url),
        headers: { "content-type": "text/plain; charset=utf-8", accept: `text/plain, ${sizeMediaType}` },
        body: Buffer.from(body),
        covered: [],
      };
      const { status, headers, body: answer } = await egress.send(call, ended);
      return { status, contentType: headers["content-type"] ?? "", body: Buffer.from(answer).toString("utf8") };
    } catch (error) {
      if (!(error instanceof EgressError)) throw error;
      parts.log.debug({ code: error.code }, "a witness did not answer");
      return null;
    }
  };
}

/** @param url the witness's submission prefix. */
function addCheckpointUrl(url: string): string {
  return `${url.replace(/\/$/, "")}/add-checkpoint`;
}

const base64Line = "[A-Za-z0-9+/]{43}=";

function rulesOf(witnesses: readonly WitnessAddress[]): GuardRules {
  const segments = witnesses.flatMap(({ url }) => new URL(addCheckpointUrl(url)).pathname.split("/"));
  // The old size, hashes, an empty line, a checkpoint of three lines and its signatures.
  const request = new RegExp(
    `^old \\d{1,16}\\n(?:${base64Line}\\n){0,63}\\n[a-z0-9./_-]{1,400}\\n\\d{1,16}\\n${base64Line}\\n\\n(?:— [^\\s+]{1,400} [A-Za-z0-9+/]{20,4800}={0,2}\\n){1,8}$`,
  );
  return joinedRules(commonRules, {
    texts: new Set([...segments, "text/plain; charset=utf-8", `text/plain, ${sizeMediaType}`]),
    formats: [{ name: "add-checkpoint", pattern: request, places: ["text"], isNarrow: true }],
  });
}
