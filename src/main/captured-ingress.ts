import { setTimeout as wait } from "node:timers/promises";

/** Where answers enter: the ingress's own door for captured payloads. */
export interface CapturedIngress {
  /** @returns whether it is durable there. Tried for a while; what was taken in twice is one record. */
  take(tenant: string, source: string, payload: Uint8Array): Promise<boolean>;
}

const attemptsMax = 5;
const pauseMs = 200;
const timeoutMs = 15_000;

/**
 * @param address of the ingress now; null while there is none.
 * @param key that opens this door and no other.
 */
export function capturedIngress(address: () => Promise<string | null>, key: string, failed: (why: string) => void): CapturedIngress {
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
    return answer === null || answer.status >= 500 || answer.status === 429 ? "later" : "refused";
  };
  return {
    take: async (tenant, source, payload) => {
      for (let attempt = 1; ; attempt++) {
        const outcome = await post(tenant, source, payload);
        if (outcome === "taken") return true;
        if (outcome === "refused" || attempt === attemptsMax) {
          failed(outcome);
          return false;
        }
        await wait(pauseMs * 2 ** attempt);
      }
    },
  };
}
