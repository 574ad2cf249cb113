import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { createQueue, type EmulatedQueue, fauxqsPlace, startSqsEmulator } from "./emulated-queue.ts";

/** How often each thing goes wrong, once in so many requests. */
const usualOdds = { answerLost: 12, requestLost: 12, repeated: 6 };

export interface HostileQueue {
  readonly made: EmulatedQueue;
  /** What a program needs to use the queue. */
  readonly env: Readonly<Record<string, string>>;
  /** While true every connection is cut. */
  isAway: boolean;
  /** From now on nothing goes wrong any more. */
  calm(): void;
  /** How often each thing went wrong. */
  readonly faults: Record<"answerLost" | "requestLost" | "repeated" | "away", number>;
}

/**
 * SQS as it may be at its worst, over the wire: an emulator behind a proxy that loses requests and answers, and brings messages twice under ids that the queue
 * has not seen, as if the five minutes of its memory were over.
 */
export async function startHostileQueue(t: TestContext, visibilityS = 10): Promise<HostileQueue> {
  const { endpoint, server } = await startSqsEmulator();
  t.after(() => server.stop());
  const made = await createQueue(endpoint, fauxqsPlace, 20, { VisibilityTimeout: String(visibilityS) });
  const faults = { answerLost: 0, requestLost: 0, repeated: 0, away: 0 };
  let odds: typeof usualOdds | null = usualOdds;
  const strikes = (fault: keyof typeof usualOdds): boolean => {
    if (odds === null || Math.random() * odds[fault] >= 1) return false;
    faults[fault]++;
    return true;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { host: _, connection: __, "content-length": ___, ...headers } = request.headers as Record<string, string>;
    const forward = (text: string) => fetch(`${endpoint}${request.url}`, { method: "POST", headers, body: text });
    if (hostile.isAway) {
      faults.away++;
      return void request.socket.destroy();
    }
    const call = headers["x-amz-target"]?.split(".")[1] ?? "";
    if (strikes("requestLost")) return void request.socket.destroy();
    const answered = await forward(body);
    const bytes = Buffer.from(await answered.arrayBuffer());
    if (call === "SendMessageBatch" && strikes("repeated"))
      await forward(body.replaceAll(/("MessageDeduplicationId":"[^"]*)/g, `$1-${Date.now()}`));
    // A receive whose answer is lost costs a whole visibility; the others are made good at once.
    if (call !== "ReceiveMessage" && strikes("answerLost")) return void request.socket.destroy();
    response.writeHead(answered.status, { "content-type": answered.headers.get("content-type") ?? "" });
    response.end(bytes);
  };
  const proxy = createServer((request, response) => void answer(request, response).catch(() => request.socket.destroy()));
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  t.after(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const hostile: HostileQueue = {
    made,
    faults,
    isAway: false,
    calm: () => {
      odds = null;
      hostile.isAway = false;
    },
    env: {
      PARCELKEEP_AWS_TEST_ENDPOINT: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      PARCELKEEP_AWS_REGION: fauxqsPlace.region,
      PARCELKEEP_AWS_REGIONS: fauxqsPlace.region,
      PARCELKEEP_QUEUE: made.arn,
      PARCELKEEP_QUEUE_KEY: made.key,
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "none",
    },
  };
  return hostile;
}
