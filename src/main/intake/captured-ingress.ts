import { setTimeout as wait } from "node:timers/promises";

/** Where answers enter: the ingress's own door for captured payloads. */
export interface CapturedIngress {
  /** @returns whether it is durable there. Tried for a while; what was taken in twice is one record. */
  take(tenant: string, source: string, payload: Uint8Array): Promise<boolean>;
}

/** The same door, which says why it is shut. */
export interface AnswerDoor extends CapturedIngress {
  /** @returns `taken`: durable there; `refused`: as it is it will never be, such as one that is too large; `away`: later perhaps. */
  handIn(tenant: string, source: string, payload: Uint8Array): Promise<"taken" | "refused" | "away">;
}

/** What is wrong with the payload itself. */
const refusedStatuses: ReadonlySet<number> = new Set([400, 413, 415, 422]);
const attemptsMax = 5;
const pauseMs = 200;
const timeoutMs = 15_000;

/**
 * @param address of the ingress now; null while there is none.
 * @param key that opens this door and no other.
 */
export function capturedIngress(address: () => Promise<string | null>, key: string, failed: (why: string) => void): AnswerDoor {
  const post = async (tenant: string, source: string, payload: Uint8Array): Promise<"taken" | "refused" | "later"> => {
    const url = await address();
    if (url === null) return "later";
    const answer = await fetch(`${url}/v1/captured?tenant=${encodeURIComponent(tenant)}&source=${encodeURIComponent(source)}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/octet-stream" },
      body: new Uint8Array(payload),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch(() => null);
    await answer?.arrayBuffer().catch(() => {});
    if (answer?.status === 202) return "taken";
    // Any other refusal is about us: a key that is not the front's opens the door when that is mended.
    return answer !== null && refusedStatuses.has(answer.status) ? "refused" : "later";
  };
  const handIn: AnswerDoor["handIn"] = async (tenant, source, payload) => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await post(tenant, source, payload);
      if (outcome === "taken") return "taken";
      if (outcome === "refused" || attempt === attemptsMax) {
        failed(outcome);
        return outcome === "refused" ? "refused" : "away";
      }
      await wait(pauseMs * 2 ** attempt);
    }
  };
  return { handIn, take: async (...payload) => (await handIn(...payload)) === "taken" };
}
