import assert from "node:assert/strict";
import { test } from "node:test";
import { sovereignPlace } from "../../aws/place.ts";
import { readEventBus } from "./event-bus-settings.ts";
import { readQueue } from "./queue-settings.ts";

const arn = "arn:aws-eusc:sqs:eusc-de-east-1:111122223333:parcelkeep-inbox.fifo";
const key = "arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/11111111-2222-4333-8444-555555555555";

test("the inbox is the queue unless one of SQS is named, with its key", () => {
  assert.equal(readQueue({}, sovereignPlace), null);
  assert.equal(readQueue({ PARCELKEEP_QUEUE: "postgres" }, sovereignPlace), null);
  assert.deepEqual(readQueue({ PARCELKEEP_QUEUE: arn, PARCELKEEP_QUEUE_KEY: key }, sovereignPlace), { arn, key });
});

test("a queue that is not FIFO, without a key, or elsewhere is refused", () => {
  for (const [named, keyNamed, code] of [
    ["https://sqs.eusc-de-east-1.amazonaws.eu/111122223333/parcelkeep-inbox.fifo", key, "bad-setting"],
    ["", key, "bad-setting"],
    [arn.replace(".fifo", ""), key, "bad-setting"],
    [arn, undefined, "bad-setting"],
    [arn.replace("aws-eusc", "aws"), key, "wrong-partition"],
    [arn.replace("eusc-de-east-1", "eu-central-1"), key, "wrong-region"],
    [arn, key.replace("aws-eusc", "aws"), "wrong-partition"],
    [arn, "alias/aws/sqs", "not-an-arn"],
  ] as const)
    assert.throws(
      () => readQueue({ PARCELKEEP_QUEUE: named, PARCELKEEP_QUEUE_KEY: keyNamed }, sovereignPlace),
      { code },
      `${named} ${keyNamed}`,
    );
});

test("an event bus or a topic of this place is told; anything else is refused", () => {
  const bus = "arn:aws-eusc:events:eusc-de-east-1:111122223333:event-bus/parcelkeep";
  const topic = "arn:aws-eusc:sns:eusc-de-east-1:111122223333:changes.fifo";
  assert.equal(readEventBus({}, sovereignPlace), null);
  for (const each of [bus, topic]) assert.equal(readEventBus({ PARCELKEEP_EVENT_BUS: each }, sovereignPlace), each);
  for (const [named, code] of [
    [arn, "bad-setting"],
    ["parcelkeep", "bad-setting"],
    [bus.replace("event-bus/", "rule/"), "bad-setting"],
    [bus.replace("aws-eusc", "aws"), "wrong-partition"],
    [topic.replace("eusc-de-east-1", "us-east-1"), "wrong-region"],
  ] as const)
    assert.throws(() => readEventBus({ PARCELKEEP_EVENT_BUS: named }, sovereignPlace), { code }, named);
});
