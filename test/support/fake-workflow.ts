import { createServer, type IncomingMessage, request as forward, type ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { approvalStates, type DefinedState } from "./approval-states.ts";
import { startSqsEmulator } from "./emulated-queue.ts";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none" };
const account = "000000000000";
const names = { machine: "parcelkeep-approvals", queue: "parcelkeep-approvals.fifo" };

interface Execution {
  readonly input: string;
  end: string | null;
}

interface Waiting {
  readonly settle: (outcome: { readonly output: unknown } | { readonly error: string }) => void;
}

/**
 * Step Functions over the wire, as far as a granter speaks to it, beside a real emulator of SQS at the same address; no emulator that we know waits for task tokens and then runs a task of
 * ECS. It runs the definition that `infra/` deploys. Names are taken for good, a token is good for one answer, and a task that ends with another code than 0 has failed, as the service has it.
 */
export class FakeWorkflow {
  readonly machine = `arn:aws-eusc:states:eusc-de-east-1:${account}:stateMachine:${names.machine}`;
  readonly queue = `arn:aws-eusc:sqs:eusc-de-east-1:${account}:${names.queue}`;
  readonly executions = new Map<string, Execution>();
  /** Topics' messages. */
  readonly told: string[] = [];
  /** Command lines of the tasks that were started. */
  readonly tasks: (readonly string[])[] = [];
  /** Messages that get lost on the way, of the next ones. */
  losing = 0;
  /** Each message is sent so often. */
  copies = 1;
  readonly #definition = approvalStates();
  readonly #waiting = new Map<string, Waiting>();
  readonly #spent = new Set<string>();
  readonly #runTask: (args: readonly string[]) => Promise<number | null>;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #sqs: Awaited<ReturnType<typeof startSqsEmulator>> | null = null;
  #client: SQSClient | null = null;

  /** @param runTask runs the container's command, and gives its exit code. */
  constructor(runTask: (args: readonly string[]) => Promise<number | null>) {
    this.#runTask = runTask;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    this.#sqs = await startSqsEmulator();
    this.#client = new SQSClient({ region: "eusc-de-east-1", endpoint: this.#sqs.endpoint, credentials });
    await this.#client.send(new CreateQueueCommand({ QueueName: names.queue, Attributes: { FifoQueue: "true", VisibilityTimeout: "2" } }));
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#client?.destroy();
    await this.#sqs?.server.stop();
  }

  /** As when an execution is stopped by hand, or its time is over: its token is good for nothing. */
  stopExecutions(): void {
    for (const { settle } of this.#waiting.values()) settle({ error: "States.Timeout" });
  }

  /** Whoever may talk to the service begins an execution of their own. */
  begin(name: string, input: object): void {
    this.executions.set(name, { input: JSON.stringify(input), end: null });
    void this.#run(name, input);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const [service, action] = String(request.headers["x-amz-target"]).split(".");
    if (service !== "AWSStepFunctions") return this.#toSqs(request, body, response);
    const refusal = this.#called(action!, JSON.parse(body.toString("utf8")) as Record<string, string>);
    response.writeHead(refusal === null ? 200 : 400, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify(refusal === null ? { executionArn: "arn", startDate: 0 } : { __type: refusal }));
  }

  /** @returns the name of the error. */
  #called(action: string, given: Record<string, string>): string | null {
    if (action === "StartExecution") return this.#startExecution(given);
    const { taskToken = "", output = "null", error = "" } = given;
    const waiting = this.#waiting.get(taskToken);
    if (waiting === undefined) return this.#spent.has(taskToken) ? "TaskTimedOut" : "InvalidToken";
    waiting.settle(action === "SendTaskSuccess" ? { output: JSON.parse(output) as unknown } : { error });
    return null;
  }

  #startExecution({ stateMachineArn, name = "", input = "" }: Record<string, string>): string | null {
    if (stateMachineArn !== this.machine) return "StateMachineDoesNotExist";
    const before = this.executions.get(name);
    if (before !== undefined) return before.end === null && before.input === input ? null : "ExecutionAlreadyExists";
    this.begin(name, JSON.parse(input) as object);
    return null;
  }

  #toSqs(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { hostname, port } = new URL(this.#sqs!.endpoint);
    const on = forward({ hostname, port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    on.on("error", () => response.destroy());
    response.on("close", () => on.destroy());
    on.end(body);
  }

  async #run(name: string, input: object): Promise<void> {
    const data: Record<string, unknown> = { ...input };
    for (let at: string | null = this.#definition.StartAt; at !== null;) {
      const state: DefinedState = this.#definition.States[at]!;
      const entered = new Date().toISOString();
      if (state.Type === "Succeed" || state.Type === "Fail") {
        this.executions.get(name)!.end = state.Error ?? at;
        return;
      }
      at = state.Type === "Choice" ? choice(state, data, entered) : await this.#task(state, data, name);
    }
  }

  /** @returns the next state. */
  async #task(state: DefinedState, data: Record<string, unknown>, execution: string): Promise<string> {
    const token = randomUUID();
    const given = filled(state.Parameters, data, { "$$.Execution.Name": execution, "$$.Task.Token": token });
    const outcome = await this.#work(state.Resource!, given as Record<string, unknown>, token);
    if ("error" in outcome)
      return state.Catch!.find(({ ErrorEquals }) => ErrorEquals.includes(outcome.error) || ErrorEquals.includes("States.ALL"))!.Next;
    if (typeof state.ResultPath === "string") data[state.ResultPath.replace("$.", "")] = outcome.output;
    return state.Next!;
  }

  async #work(
    resource: string,
    given: Record<string, unknown>,
    token: string,
  ): Promise<{ readonly output: unknown } | { readonly error: string }> {
    if (resource.endsWith(":sqs:sendMessage.waitForTaskToken")) {
      const answered = new Promise<{ readonly output: unknown } | { readonly error: string }>((settle) =>
        this.#waiting.set(token, { settle }),
      );
      if (this.losing > 0) this.losing--;
      else await this.#send(given);
      const outcome = await answered;
      this.#waiting.delete(token);
      this.#spent.add(token);
      return outcome;
    }
    if (resource.endsWith(":ecs:runTask.sync")) {
      const { Overrides } = given as { Overrides: { ContainerOverrides: readonly { Command: readonly string[] }[] } };
      const { Command } = Overrides.ContainerOverrides[0]!;
      this.tasks.push(Command);
      return (await this.#runTask(Command)) === 0 ? { output: {} } : { error: "States.TaskFailed" };
    }
    this.told.push(String(given["Message"]));
    return { output: {} };
  }

  async #send({ QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId }: Record<string, unknown>): Promise<void> {
    const url = `${this.#sqs!.endpoint}/${account}/${String(QueueUrl).split("/").at(-1)}`;
    for (let copy = 0; copy < this.copies; copy++)
      await this.#client!.send(
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: JSON.stringify(MessageBody),
          MessageGroupId: String(MessageGroupId),
          MessageDeduplicationId: `${String(MessageDeduplicationId)}${copy === 0 ? "" : `-${copy}`}`,
        }),
      );
  }
}

function choice({ Choices, Default }: DefinedState, data: Record<string, unknown>, entered: string): string {
  const fits = Choices!.find(({ TimestampLessThanPath }) => Date.parse(entered) < Date.parse(String(at(TimestampLessThanPath, data, {}))));
  return fits?.Next ?? Default!;
}

/** Parameters with what `.$` of their names says. */
function filled(given: unknown, data: unknown, context: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(given)) return given.map((each) => filled(each, data, context));
  if (typeof given !== "object" || given === null) return given;
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) =>
      name.endsWith(".$") ? [name.slice(0, -2), at(String(value), data, context)] : [name, filled(value, data, context)],
    ),
  );
}

/** A path, or an intrinsic function of texts in quotes and paths. */
function at(path: string, data: unknown, context: Readonly<Record<string, string>>): unknown {
  const [, name, list] = /^States\.(Array|Format)\((.*)\)$/.exec(path) ?? [];
  if (list !== undefined) {
    const parts = list.split(/, (?=['$])/).map((part) => (part.startsWith("'") ? part.slice(1, -1) : at(part, data, context)));
    return name === "Array" ? parts : parts.slice(1).reduce<string>((text, part) => text.replace("{}", String(part)), String(parts[0]));
  }
  if (path.startsWith("$$.")) return context[path];
  return path
    .split(".")
    .slice(1)
    .reduce<unknown>((from, key) => (from as Record<string, unknown>)[key], data);
}
