import { arnsOf, servicePrincipal } from "./arn.ts";
import type { PolicyContext, QueueName, RoleName, TopicName } from "./context.ts";
import { policy, type PolicyDocument, type Statement } from "./document.ts";

const senders: Readonly<Record<QueueName, readonly RoleName[]>> = { inbox: ["worker"], approvals: ["approvals"] };
const receivers: Readonly<Record<QueueName, readonly RoleName[]>> = { inbox: ["worker"], approvals: ["granter"] };

/** Of a queue and of its dead-letter queue. Roles of the same account need no leave of the queue; it says what nobody else does. */
export function queuePolicy(context: PolicyContext, name: QueueName | `${QueueName}-dead`): PolicyDocument {
  const arns = arnsOf(context);
  const queue = arns.queue(name);
  const base = name.replace(/-dead$/, "") as QueueName;
  return policy(
    {
      Sid: "NobodyElseSends",
      Effect: "Deny",
      Principal: "*",
      Action: "sqs:SendMessage",
      Resource: queue,
      Condition: { ArnNotEquals: { "aws:PrincipalArn": senders[base].map((role) => arns.role(role)) } },
    },
    {
      Sid: "NobodyElseReceives",
      Effect: "Deny",
      Principal: "*",
      Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue"],
      Resource: queue,
      Condition: { ArnNotEquals: { "aws:PrincipalArn": receivers[base].map((role) => arns.role(role)) } },
    },
    ...perimeterOf(queue, "sqs:*", context.endpoints.sqs, ["sqs:SendMessage", "sqs:ReceiveMessage"], arns.role("approvals")),
  );
}

/** Of a topic. RCPs do not cover SNS, so its perimeter is here. */
export function topicPolicy(context: PolicyContext, name: TopicName): PolicyDocument {
  const topic = arnsOf(context).topic(name);
  const publishers = name === "alarms" ? ["cloudwatch", "events"] : ["events"];
  return policy(
    {
      Sid: "ServicesTell",
      Effect: "Allow",
      Principal: { Service: publishers.map(servicePrincipal) },
      Action: "sns:Publish",
      Resource: topic,
      Condition: { StringEquals: { "aws:SourceAccount": context.accounts.processing } },
    },
    {
      Sid: "OurOrganizationOnly",
      Effect: "Deny",
      Principal: "*",
      Action: ["sns:Publish", "sns:Subscribe", "sns:AddPermission", "sns:SetTopicAttributes"],
      Resource: topic,
      Condition: {
        StringNotEqualsIfExists: { "aws:PrincipalOrgID": context.organizationId },
        BoolIfExists: { "aws:PrincipalIsAWSService": "false" },
      },
    },
    {
      Sid: "TlsOnly",
      Effect: "Deny",
      Principal: "*",
      Action: ["sns:Publish", "sns:Subscribe"],
      Resource: topic,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  );
}

function perimeterOf(
  resource: string,
  all: string,
  endpoints: readonly string[],
  data: readonly string[],
  workflow: string,
): readonly Statement[] {
  return [
    {
      Sid: "TlsOnly",
      Effect: "Deny",
      Principal: "*",
      Action: all,
      Resource: resource,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
    {
      Sid: "ThroughOurEndpoint",
      Effect: "Deny",
      Principal: "*",
      Action: data,
      Resource: resource,
      Condition: {
        StringNotEquals: { "aws:SourceVpce": endpoints },
        Bool: { "aws:PrincipalIsAWSService": "false" },
        // The workflow runs nowhere in our network; its role can be taken by Step Functions alone.
        ArnNotEquals: { "aws:PrincipalArn": workflow },
      },
    },
  ];
}
