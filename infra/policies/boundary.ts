import { arnsOf } from "./arn.ts";
import { endpointNames, type PolicyContext } from "./context.ts";
import { policy, type PolicyDocument } from "./document.ts";

/** Names of the two managed policies, of which every role carries one; scp/identity.ts refuses a role without. */
export const boundaryNames = ["boundary-process", "boundary-platform"] as const;

/** The most that any process may be given, and from where: through an endpoint of ours, or by a service that acts on its call. */
export function processBoundary(context: PolicyContext): PolicyDocument {
  const fromOutside = {
    StringNotEquals: { "aws:SourceVpce": endpointNames.flatMap((name) => context.endpoints[name]) },
    BoolIfExists: { "aws:ViaAWSService": "false" },
  };
  return policy(
    {
      Sid: "AtMost",
      Effect: "Allow",
      Action: [
        "rds-db:connect",
        "elasticache:Connect",
        "kms:GenerateDataKey",
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:GenerateMac",
        "kms:Sign",
        "kms:GetPublicKey",
        "kms:DescribeKey",
        "s3:PutObject",
        "s3:PutObjectRetention",
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:GetObjectRetention",
        "s3:ListBucket",
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
        "events:PutEvents",
        "sns:Publish",
        "states:StartExecution",
        "states:SendTaskSuccess",
        "states:SendTaskFailure",
        "sts:AssumeRole",
        "sts:TagSession",
      ],
      Resource: "*",
    },
    {
      Sid: "OnlyFromOurNetwork",
      Effect: "Deny",
      Action: ["kms:*", "s3:*", "sqs:*", "sns:*", "events:*", "states:*", "sts:*"],
      Resource: "*",
      Condition: fromOutside,
    },
    {
      Sid: "OnlyTheOpenerIsBecome",
      Effect: "Deny",
      Action: "sts:AssumeRole",
      Resource: "*",
      Condition: { ArnNotEquals: { "aws:PrincipalArn": arnsOf(context).role("opener-starter") } },
    },
  );
}

/** Whoever builds, administers or looks on never uses a key by hand, logs into the database, or reads what is kept of people. */
export function platformBoundary(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  return policy(
    { Sid: "AtMost", Effect: "Allow", Action: "*", Resource: "*" },
    {
      Sid: "NoUseOfKeys",
      Effect: "Deny",
      Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:GenerateMac", "kms:Sign"],
      Resource: "*",
      // Step Functions uses the key of its own state under the workflow's role.
      Condition: { BoolIfExists: { "aws:ViaAWSService": "false" }, ArnNotEquals: { "aws:PrincipalArn": arns.role("approvals") } },
    },
    { Sid: "NoDataOfPeople", Effect: "Deny", Action: ["rds-db:connect", "sqs:ReceiveMessage"], Resource: "*" },
    { Sid: "NoSegments", Effect: "Deny", Action: ["s3:GetObject", "s3:GetObjectVersion"], Resource: arns.objects("raw") },
    {
      Sid: "NoSecrets",
      Effect: "Deny",
      Action: "secretsmanager:GetSecretValue",
      Resource: "*",
      Condition: { ArnNotLike: { "aws:PrincipalArn": [arns.role("execution", "*"), arns.role("role-maker-execution")] } },
    },
    {
      Sid: "NobodyBecomesAProcess",
      Effect: "Deny",
      Action: "sts:AssumeRole",
      Resource: [arns.role("opener"), arns.role("rekeyer"), arns.role("outbound")],
    },
  );
}
