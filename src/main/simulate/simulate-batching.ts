import type { CarrierClient, Credentials } from "../../carriers/client.ts";
import { send } from "./simulate-asker.ts";

export interface BatchingFigure {
  readonly source: string;
  readonly batchMax: number;
  readonly numbers: number;
  readonly batched: Pass;
  readonly single: Pass;
}

interface Pass {
  readonly calls: number;
  readonly tookMs: number;
}

/** Numbers that are asked for in both ways; a multiple of what most carriers take. */
const numbersMax = 60;

/** Asks one carrier for the same numbers, first as many at once as it takes, then one by one, one call after the other. */
export async function measureBatching(
  client: CarrierClient,
  baseUrl: string,
  credentials: Credentials,
  known: readonly string[],
): Promise<BatchingFigure> {
  const numbers = known.slice(0, numbersMax);
  const { signal } = new AbortController();
  let token: string | null = null;
  if (client.tokenRequest !== undefined) {
    const given = client.readToken!(await send(client.tokenRequest(credentials, baseUrl), signal));
    token = "kind" in given ? null : given.token;
  }
  const pass = async (size: number): Promise<Pass> => {
    const from = performance.now();
    let calls = 0;
    for (let at = 0; at < numbers.length; at += size) {
      await send(client.trackRequest(numbers.slice(at, at + size), credentials, token, baseUrl), signal);
      calls++;
    }
    return { calls, tookMs: performance.now() - from };
  };
  return {
    source: client.source,
    batchMax: client.batchMax,
    numbers: numbers.length,
    batched: await pass(client.batchMax),
    single: await pass(1),
  };
}
