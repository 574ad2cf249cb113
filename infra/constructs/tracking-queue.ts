import { RemovalPolicy } from "aws-cdk-lib";
import { CfnQueue, CfnQueuePolicy } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { keyArn, policyContextOf } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import type { QueueName } from "../policies/context.ts";
import { queuePolicy } from "../policies/queues.ts";

/** A message that was received so often and never finished goes to where a person looks at it. */
const attemptsMax = 5;
/** What the worker wants to find (docs/operations/queue.md); dead letters stay for the longest that SQS keeps a message. */
const keptSeconds = { messages: 4 * 24 * 3600, deadLetters: 14 * 24 * 3600 };
/** A turn takes seconds; whoever needs longer extends it. */
const visibilitySeconds = 30;

/** A queue in order of each shipment (its message group), with its queue of dead letters. */
export class TrackingQueue extends Construct {
  constructor(scope: EscStack, id: QueueName) {
    super(scope, id);
    const context = policyContextOf(scope);
    const common = {
      fifoQueue: true,
      contentBasedDeduplication: false,
      // Deduplication and throughput by shipment: the queue as a whole would be held to 300 a second.
      deduplicationScope: "messageGroup",
      fifoThroughputLimit: "perMessageGroupId",
      kmsMasterKeyId: keyArn(scope, "queue"),
      kmsDataKeyReusePeriodSeconds: 300,
      visibilityTimeout: visibilitySeconds,
      receiveMessageWaitTimeSeconds: 20,
    };
    const queueArn = scope.arnOf("sqs", `${prefix}-${id}.fifo`);
    const dead = new CfnQueue(this, "DeadLetters", {
      ...common,
      queueName: `${prefix}-${id}-dead.fifo`,
      messageRetentionPeriod: keptSeconds.deadLetters,
      redriveAllowPolicy: { redrivePermission: "byQueue", sourceQueueArns: [queueArn] },
    });
    const queue = new CfnQueue(this, "Queue", {
      ...common,
      queueName: `${prefix}-${id}.fifo`,
      messageRetentionPeriod: keptSeconds.messages,
      redrivePolicy: { deadLetterTargetArn: dead.attrArn, maxReceiveCount: attemptsMax },
    });
    new CfnQueuePolicy(this, "Policy", { queues: [queue.ref], policyDocument: queuePolicy(context, id) });
    new CfnQueuePolicy(this, "DeadLettersPolicy", { queues: [dead.ref], policyDocument: queuePolicy(context, `${id}-dead`) });
    for (const each of [dead, queue]) each.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}
