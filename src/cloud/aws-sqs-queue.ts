import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { awsClient } from "../aws/aws-client.ts";
import type { AwsConnection } from "../aws/connection.ts";
import { resourceIn } from "../aws/place.ts";
import { askSqs } from "./aws-sqs-call.ts";
import { queueFacts, type QueueFacts } from "./aws-sqs-preflight.ts";
import { sqsQueueUrl } from "./aws-sqs-url.ts";
import { type HeldMessage, type JobMessage, type JobQueue, type QueueCounts, QueueError, type ReceiveBounds } from "./job-queue.ts";

/** Of one call, whatever it does (SQS API reference, batch actions). */
const batchMax = 10;
/** Calls that fetch at once where one came back full. */
const fetchersMax = 4;
/** The longest wait that SQS allows. */
const longestWaitMs = 20_000;
const bodyForm = /^\{"v":1,"job":"([A-Za-z0-9-]{1,128})"\}$/;

export interface SqsQueueSettings {
  readonly connection: AwsConnection;
  /** Of a FIFO queue. */
  readonly arn: string;
  /** Of the KMS key that queue and dead letters are encrypted under. */
  readonly key: string;
}

/**
 * An SQS FIFO queue with its dead letters.
 * @throws {PlaceError} for one in another partition or region. @throws {QueueError} as `queueFacts` does.
 */
export async function openSqsQueue(settings: SqsQueueSettings): Promise<SqsQueue> {
  const { connection, arn, key } = settings;
  resourceIn(connection.place, "sqs", arn);
  resourceIn(connection.place, "kms", key);
  const client = awsClient(SQSClient, "sqs", connection);
  try {
    const facts = await queueFacts(client, connection.place, { arn, key }, (each) => sqsQueueUrl(connection, each));
    return new SqsQueue(settings, facts, client);
  } catch (error) {
    client.destroy();
    throw error;
  }
}

export class SqsQueue implements JobQueue {
  readonly facts: QueueFacts;
  readonly #client: SQSClient;
  /** Waits longer for an answer than other calls may take. */
  readonly #waiting: SQSClient;
  readonly #url: string;
  readonly #deadUrl: string;
  readonly #hasMoveTasks: boolean;

  constructor({ connection, arn }: SqsQueueSettings, facts: QueueFacts, client: SQSClient) {
    this.facts = facts;
    this.#client = client;
    this.#waiting = awsClient(SQSClient, "sqs", connection, { timeoutMs: longestWaitMs + 10_000 });
    this.#url = sqsQueueUrl(connection, arn);
    this.#deadUrl = sqsQueueUrl(connection, facts.deadLettersArn);
    // No emulator that we know has them (fauxqs 2.4.1, moto 5.2.5).
    this.#hasMoveTasks = connection.emulator === null;
  }

  async send(messages: readonly JobMessage[]): Promise<readonly boolean[]> {
    const taken: boolean[] = [];
    for (const batch of batches(messages)) {
      try {
        taken.push(...(await this.#sendTo(this.#url, batch)));
      } catch (error) {
        // What the calls before this one did stands; those after it would fail too.
        if (!(error instanceof QueueError) || !taken.includes(true)) throw error;
        break;
      }
    }
    return messages.map((_, place) => taken[place] ?? false);
  }

  async receive({ max, waitMs, signal }: ReceiveBounds): Promise<readonly HeldMessage[]> {
    const first = await this.#fetch(this.#url, Math.min(max, batchMax), waitMs, signal);
    const left = Math.min(fetchersMax, Math.floor((max - batchMax) / batchMax));
    if (first.length < batchMax || left < 1) return this.#readable(first);
    const more = await Promise.allSettled(Array.from({ length: left }, () => this.#fetch(this.#url, batchMax, 0, signal)));
    // What came is to be worked at, whatever became of the other calls.
    return this.#readable([...first, ...more.flatMap((each) => (each.status === "fulfilled" ? each.value : []))]);
  }

  extend(held: readonly HeldMessage[]): Promise<readonly boolean[]> {
    return this.#setVisibility(held, this.facts.visibilityMs / 1000);
  }

  async settle(held: readonly HeldMessage[]): Promise<readonly boolean[]> {
    const done: boolean[] = [];
    for (const batch of batches(held)) {
      const Entries = batch.map(({ receipt }, place) => ({ Id: String(place), ReceiptHandle: receipt }));
      const { Successful } = await askSqs(() => this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#url, Entries })));
      done.push(...placesIn(Successful, batch.length));
    }
    return done;
  }

  async release(held: readonly HeldMessage[]): Promise<void> {
    await this.#setVisibility(held, 0);
  }

  async redrive(): Promise<number | null> {
    if (!this.#hasMoveTasks) return this.#redriveByHand();
    await askSqs(() => this.#client.send(new StartMessageMoveTaskCommand({ SourceArn: this.facts.deadLettersArn })));
    return null;
  }

  async counts(): Promise<QueueCounts> {
    const [queue, dead] = await Promise.all([this.#depthOf(this.#url), this.#depthOf(this.#deadUrl)]);
    return { waiting: queue.waiting, inFlight: queue.inFlight, dead: dead.waiting + dead.inFlight };
  }

  async close(): Promise<void> {
    this.#client.destroy();
    this.#waiting.destroy();
  }

  async #sendTo(url: string, batch: readonly JobMessage[], idOf = ({ id }: JobMessage): string => id): Promise<boolean[]> {
    const Entries = batch.map((message, place) => ({
      Id: String(place),
      MessageBody: `{"v":1,"job":"${message.id}"}`,
      MessageGroupId: message.group,
      MessageDeduplicationId: idOf(message),
    }));
    const { Successful } = await askSqs(() => this.#client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries })));
    return placesIn(Successful, batch.length);
  }

  async #fetch(url: string, max: number, waitMs: number, signal?: AbortSignal): Promise<readonly Message[]> {
    const request = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: max,
      WaitTimeSeconds: Math.round(Math.min(waitMs, longestWaitMs) / 1000),
      VisibilityTimeout: this.facts.visibilityMs / 1000,
      MessageSystemAttributeNames: ["ApproximateReceiveCount", "MessageGroupId"],
    });
    try {
      const { Messages = [] } = await askSqs(() => this.#waiting.send(request, signal === undefined ? undefined : { abortSignal: signal }));
      return Messages;
    } catch (error) {
      if (signal?.aborted === true) return [];
      throw error;
    }
  }

  /** What is no message of ours goes to the dead letters as it is, by being received too often; its group is nobody's. */
  #readable(messages: readonly Message[]): readonly HeldMessage[] {
    return messages.flatMap((message) => heldMessage(message) ?? []);
  }

  async #setVisibility(held: readonly HeldMessage[], VisibilityTimeout: number): Promise<readonly boolean[]> {
    const done: boolean[] = [];
    for (const batch of batches(held)) {
      const Entries = batch.map(({ receipt }, place) => ({ Id: String(place), ReceiptHandle: receipt, VisibilityTimeout }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#url, Entries });
      done.push(...placesIn((await askSqs(() => this.#client.send(command))).Successful, batch.length));
    }
    return done;
  }

  /** Sent before they are deleted: what comes between repeats some and loses none. */
  async #redriveByHand(): Promise<number> {
    let moved = 0;
    for (;;) {
      const found = await this.#fetch(this.#deadUrl, batchMax, 0);
      const letters = found.flatMap((message) => heldMessage(message) ?? []);
      if (letters.length === 0) return moved;
      // Under another id: the queue may remember the first sending, and would drop this one.
      const again = Date.now().toString(36);
      const taken = await this.#sendTo(this.#url, letters, ({ id }) => `${id}-${again}`);
      const gone = letters.filter((_, place) => taken[place]);
      if (gone.length === 0) return moved;
      const Entries = gone.map(({ receipt }, place) => ({ Id: String(place), ReceiptHandle: receipt }));
      await askSqs(() => this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#deadUrl, Entries })));
      moved += gone.length;
    }
  }

  async #depthOf(url: string): Promise<{ readonly waiting: number; readonly inFlight: number }> {
    const { Attributes = {} } = await askSqs(() =>
      this.#client.send(
        new GetQueueAttributesCommand({
          QueueUrl: url,
          AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible"],
        }),
      ),
    );
    return {
      waiting: Number(Attributes["ApproximateNumberOfMessages"] ?? 0) + Number(Attributes["ApproximateNumberOfMessagesDelayed"] ?? 0),
      inFlight: Number(Attributes["ApproximateNumberOfMessagesNotVisible"] ?? 0),
    };
  }
}

function heldMessage({ Body, ReceiptHandle, Attributes = {} }: Message): HeldMessage | null {
  const id = bodyForm.exec(Body ?? "")?.[1];
  const group = Attributes["MessageGroupId"];
  if (id === undefined || group === undefined || ReceiptHandle === undefined) return null;
  return { id, group, receipt: ReceiptHandle, receives: Number(Attributes["ApproximateReceiveCount"] ?? 1) };
}

function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += batchMax) yield items.slice(at, at + batchMax);
}

/** Entries are answered by their ids, which are their places in the batch. */
function placesIn(successful: readonly { readonly Id?: string | undefined }[] | undefined, length: number): boolean[] {
  const places = new Set((successful ?? []).map(({ Id }) => Id));
  return Array.from({ length }, (_, place) => places.has(String(place)));
}
