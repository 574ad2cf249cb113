import { randomUUID } from "node:crypto";
import { SqsQueue } from "../../src/cloud/aws-sqs-queue.ts";
import type { QueueUnderTest } from "../../src/cloud/job-queue.contract.ts";
import type { Place } from "../../src/aws/place.ts";
import { createQueue } from "./emulated-queue.ts";

/** Short, for the contract's sake; the preflight asks for ten seconds. */
const visibilityMs = 1_000;

/** A queue of an emulator for the contract of `job-queue.contract.ts`. */
export async function sqsUnderTest(endpoint: string, place: Place): Promise<QueueUnderTest> {
  const { connection, client, arn, key } = await createQueue(endpoint, place, 100);
  const facts = { visibilityMs, receivesMax: 100, deadLettersArn: arn.replace(/\.fifo$/, "-dead.fifo"), warnings: [] };
  const opened: SqsQueue[] = [];
  const open = (): SqsQueue => {
    const queue = new SqsQueue({ connection, arn, key }, facts, client);
    opened.push(queue);
    return queue;
  };
  const names = new Map<string, string>();
  const ids = new Map<string, string>();
  const sender = open();
  return {
    visibilityMs,
    send: async (messages) => {
      const sent = messages.map(({ group, name }) => {
        const id = ids.get(name) ?? `job-${randomUUID()}`;
        ids.set(name, id);
        names.set(id, name);
        return { id, group: `lane-${group}` };
      });
      const taken = await sender.send(sent);
      if (taken.includes(false)) throw new Error("the emulator did not take a message");
    },
    receiver: open,
    nameOf: ({ id }) => names.get(id)!,
    close: async () => {
      for (const queue of opened) await queue.close();
    },
  };
}
