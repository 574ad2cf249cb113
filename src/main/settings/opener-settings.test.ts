import assert from "node:assert/strict";
import { test } from "node:test";
import { sovereignPlace } from "../../aws/place.ts";
import { readOpenerRole, readWorkflow } from "./opener-settings.ts";

const role = "arn:aws-eusc:iam::111122223333:role/parcelkeep-opener";
const machine = "arn:aws-eusc:states:eusc-de-east-1:111122223333:stateMachine:parcelkeep-approvals";
const queue = "arn:aws-eusc:sqs:eusc-de-east-1:111122223333:parcelkeep-approvals.fifo";

test("openers are this machine's unless a workflow is named, with its queue", () => {
  assert.deepEqual([readWorkflow({}, sovereignPlace), readOpenerRole({}, sovereignPlace)], [null, null]);
  assert.deepEqual(readWorkflow({ PARCELKEEP_WORKFLOW: machine, PARCELKEEP_WORKFLOW_QUEUE: queue }, sovereignPlace), { machine, queue });
  assert.equal(readOpenerRole({ PARCELKEEP_OPENER_ROLE: role }, sovereignPlace), role);
});

test("half a workflow, another kind of resource, or one elsewhere is refused", () => {
  for (const [named, queueNamed, code] of [
    [machine, undefined, "bad-setting"],
    [undefined, queue, "bad-setting"],
    [machine.replace("stateMachine:", "execution:"), queue, "bad-setting"],
    [machine, queue.replace(".fifo", ""), "bad-setting"],
    [machine.replace("aws-eusc", "aws"), queue, "wrong-partition"],
    [machine, queue.replace("eusc-de-east-1", "eu-central-1"), "wrong-region"],
  ] as const)
    assert.throws(
      () => readWorkflow({ PARCELKEEP_WORKFLOW: named, PARCELKEEP_WORKFLOW_QUEUE: queueNamed }, sovereignPlace),
      { code },
      `${named}`,
    );
  for (const [named, code] of [
    [role.replace("role/", "user/"), "bad-setting"],
    [role.replace("aws-eusc", "aws"), "wrong-partition"],
    ["parcelkeep-opener", "not-an-arn"],
  ] as const)
    assert.throws(() => readOpenerRole({ PARCELKEEP_OPENER_ROLE: named }, sovereignPlace), { code }, named);
});
