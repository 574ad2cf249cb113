import {
  ExecutionAlreadyExists,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { awsClient } from "../aws/aws-client.ts";
import type { AwsConnection } from "../aws/connection.ts";
import { callTold, deniedAccess, type Meaning, meaningOf, refusedCredentials, type SdkError } from "../aws/sdk-error.ts";
import { sqsQueueUrl } from "./aws-sqs-url.ts";
import {
  type ReleaseWorkflow,
  type WaitingExecution,
  type WorkflowDecision,
  WorkflowError,
  type WorkflowExecution,
} from "./release-workflow.ts";

/** The longest wait of SQS is 20 s. */
const longestWaitMs = 20_000;
const messagesMax = 10;

export interface WorkflowSettings {
  readonly connection: AwsConnection;
  /** Of the state machine. */
  readonly machine: string;
  /** Of the FIFO queue that it tells tokens by. */
  readonly queue: string;
}

/** A state machine of Step Functions (`infra/constructs/approval-workflow.ts`) that tells its task tokens by an SQS queue. */
export class AwsReleaseWorkflow implements ReleaseWorkflow {
  readonly #machine: string;
  readonly #queueUrl: string;
  readonly #states: SFNClient;
  readonly #queue: SQSClient;

  constructor({ connection, machine, queue }: WorkflowSettings) {
    this.#machine = machine;
    this.#queueUrl = sqsQueueUrl(connection, queue);
    this.#states = awsClient(SFNClient, "states", connection);
    this.#queue = awsClient(SQSClient, "sqs", connection, { timeoutMs: longestWaitMs + 10_000 });
  }

  async begin({ request, tenant, round }: WorkflowExecution): Promise<void> {
    const name = `${request}-${round}`;
    const begin = new StartExecutionCommand({ stateMachineArn: this.#machine, name, input: JSON.stringify({ request, tenant }) });
    await ask(() =>
      this.#states.send(begin).catch((error: unknown) => {
        // Names are taken for 90 days after an execution has ended (Step Functions API reference, StartExecution).
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      }),
    );
  }

  async receive({ waitMs, signal }: { readonly waitMs: number; readonly signal?: AbortSignal }): Promise<readonly WaitingExecution[]> {
    const receive = new ReceiveMessageCommand({
      QueueUrl: this.#queueUrl,
      MaxNumberOfMessages: messagesMax,
      WaitTimeSeconds: Math.round(Math.min(waitMs, longestWaitMs) / 1000),
    });
    try {
      const { Messages = [] } = await ask(() => this.#queue.send(receive, signal === undefined ? undefined : { abortSignal: signal }));
      // What is no message of the workflow's goes to the dead letters by being received too often.
      return Messages.flatMap((message) => waitingOf(message) ?? []);
    } catch (error) {
      if (signal?.aborted === true) return [];
      throw error;
    }
  }

  async settle({ receipt }: WaitingExecution): Promise<void> {
    await ask(() => this.#queue.send(new DeleteMessageCommand({ QueueUrl: this.#queueUrl, ReceiptHandle: receipt })));
  }

  async answer(taskToken: string, decided: WorkflowDecision): Promise<boolean> {
    try {
      if ("ended" in decided) await this.#states.send(new SendTaskFailureCommand({ taskToken, error: decided.ended }));
      else await this.#states.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(decided) }));
      return true;
    } catch (error) {
      if (nobodyWaits.has((error as Error).name)) return false;
      throw refusalOf(error);
    }
  }

  async close(): Promise<void> {
    this.#states.destroy();
    this.#queue.destroy();
  }
}

/** Step Functions API reference, SendTaskSuccess: the execution is over, or the token is none. */
const nobodyWaits: ReadonlySet<string> = new Set(["TaskDoesNotExist", "TaskTimedOut", "InvalidToken"]);

const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const executionForm = new RegExp(`^(${uuid})-(\\d{1,6})$`);
const tenantForm = new RegExp(`^${uuid}$`);

/** As the state machine's first state writes it. */
function waitingOf({ Body, ReceiptHandle: receipt }: Message): WaitingExecution | null {
  const { execution, tenant, token } = readJson(Body) as {
    readonly execution?: unknown;
    readonly tenant?: unknown;
    readonly token?: unknown;
  };
  const [, request, round] = executionForm.exec(String(execution)) ?? [];
  if (request === undefined || receipt === undefined || typeof tenant !== "string" || !tenantForm.test(tenant)) return null;
  if (typeof token !== "string" || token === "" || token.length > 2048) return null;
  return { request, tenant, round: Number(round), token, receipt };
}

function readJson(text: string | undefined): object {
  try {
    return Object(JSON.parse(text ?? "{}")) as object;
  } catch {
    return {};
  }
}

/** @throws {WorkflowError} */
async function ask<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    throw refusalOf(error);
  }
}

/** By the names of the API references of Step Functions and SQS; the name of the older query protocol stands behind a prefix. */
const meanings: readonly Meaning<WorkflowError["code"]>[] = [
  ["not-permitted", "a policy does not allow this", deniedAccess],
  ["not-permitted", "the credentials are wrong or expired", refusedCredentials],
  [
    "not-permitted",
    "the key that encrypts the workflow or its queue does not allow this",
    new Set(["KmsAccessDenied", "KmsAccessDeniedException", "KmsInvalidState", "KmsInvalidStateException"]),
  ],
  [
    "misconfigured",
    "there is no such state machine or queue",
    new Set([
      ...["StateMachineDoesNotExist", "StateMachineDeleting", "InvalidArn"],
      ...["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"],
    ]),
  ],
];

/** Neither message nor cause holds anything of the request: a token is a right. */
function refusalOf(error: unknown): WorkflowError {
  const [code, message] = meaningOf((error as SdkError).name, meanings, ["unavailable", "the workflow was not reached"]);
  return new WorkflowError(code, message, { cause: callTold(error as SdkError) });
}
