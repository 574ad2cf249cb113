import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { CreateStateMachineCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { grantSession } from "../../src/aws/aws-grant-session.ts";
import type { AwsConnection } from "../../src/aws/connection.ts";
import { sovereignPlace } from "../../src/aws/place.ts";
import { AwsReleaseWorkflow } from "../../src/cloud/aws-release-workflow.ts";
import { approvalStates } from "../support/approval-states.ts";

/*
 * On moto's server: PARCELKEEP_TEST_AWS_ENDPOINT=http://127.0.0.1:5000. It takes our definition, begins executions and knows their names; it gives out no task tokens, so what comes after
 * stands on a fake of our own (src/main/releases/openers.test.ts), and on an account nobody has tried it.
 */
const endpoint = process.env["PARCELKEEP_TEST_AWS_ENDPOINT"];
const skip = endpoint === undefined ? "PARCELKEEP_TEST_AWS_ENDPOINT names no emulator" : false;
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none" };
const account = "123456789012";

test("a state machine of our definition begins one execution for a name, and its queue tells tokens", { skip }, async (t) => {
  const settings = { region: sovereignPlace.region, endpoint: endpoint!, credentials };
  const states = new SFNClient(settings);
  const queues = new SQSClient(settings);
  const name = `approvals-${randomUUID().slice(0, 8)}`;
  const made = await states.send(
    new CreateStateMachineCommand({
      name,
      definition: JSON.stringify(approvalStates()),
      roleArn: `arn:aws-eusc:iam::${account}:role/approvals`,
    }),
  );
  const { QueueUrl } = await queues.send(new CreateQueueCommand({ QueueName: `${name}.fifo`, Attributes: { FifoQueue: "true" } }));
  const connection: AwsConnection = { place: sovereignPlace, emulator: { endpoint: endpoint!, credentials } };
  const queue = `arn:aws-eusc:sqs:${sovereignPlace.region}:${account}:${name}.fifo`;
  const workflow = new AwsReleaseWorkflow({ connection, machine: made.stateMachineArn!, queue });
  t.after(() => workflow.close());

  const execution = { request: randomUUID(), tenant: randomUUID(), round: 0 };
  await workflow.begin(execution);
  await workflow.begin(execution);
  await workflow.begin({ ...execution, round: 1 });
  const { executions = [] } = await states.send(new ListExecutionsCommand({ stateMachineArn: made.stateMachineArn }));
  assert.deepEqual(new Set(executions.map((each) => each.name)), new Set([`${execution.request}-0`, `${execution.request}-1`]));
  const none = new AwsReleaseWorkflow({ connection, machine: `${made.stateMachineArn}-none`, queue });
  t.after(() => none.close());
  await assert.rejects(none.begin(execution), { name: "WorkflowError", code: "misconfigured" });

  const tell = (body: object): Promise<unknown> =>
    queues.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: JSON.stringify(body),
        MessageGroupId: randomUUID(),
        MessageDeduplicationId: randomUUID(),
      }),
    );
  const { request, tenant } = execution;
  await tell({ execution: `${request}-1`, tenant, token: "t" });
  for (const none of [
    { execution: request, tenant, token: "t" },
    { execution: `${request}-1`, tenant },
    { execution: `${request}-1`, tenant: "x", token: "t" },
  ])
    await tell(none);
  const [waiting, ...more] = await workflow.receive({ waitMs: 1_000 });
  assert.deepEqual([{ ...waiting, receipt: "" }, more], [{ request, tenant, round: 1, token: "t", receipt: "" }, []]);
  await workflow.settle(waiting!);
  const stop = new AbortController();
  const received = workflow.receive({ waitMs: 20_000, signal: stop.signal });
  stop.abort();
  assert.deepEqual(await received, []);
});

test("a session for one grant comes with credentials of its own", { skip }, async () => {
  const connection: AwsConnection = { place: sovereignPlace, emulator: { endpoint: endpoint!, credentials } };
  const session = await grantSession(connection, `arn:aws-eusc:iam::${account}:role/opener`, { grant: randomUUID(), tenant: randomUUID() });
  assert.deepEqual(Object.keys(session), ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]);
  assert.notEqual(session["AWS_ACCESS_KEY_ID"], credentials.accessKeyId);
});
