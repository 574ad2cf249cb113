import type { EndpointName, PolicyContext } from "./context.ts";
import { policy, type PolicyDocument, type Statement } from "./document.ts";

/** What goes through each endpoint of our networks: calls of our principals to resources of ours, and what the endpoint's service is used for. */
export function endpointPolicy({ partition, region, organizationId, accounts }: PolicyContext, endpoint: EndpointName): PolicyDocument {
  const nameless = actionsWithoutResource[endpoint] ?? [];
  const statements: Statement[] = [
    {
      Sid: "OursToOurs",
      Effect: "Allow",
      Principal: "*",
      Action: actionsThrough[endpoint],
      Resource: "*",
      Condition: { StringEquals: { "aws:PrincipalOrgID": organizationId, "aws:ResourceOrgID": organizationId } },
    },
  ];
  if (nameless.length > 0) {
    statements.push({
      Sid: "OursToNoResource",
      Effect: "Allow",
      Principal: "*",
      Action: nameless,
      Resource: "*",
      Condition: { StringEquals: { "aws:PrincipalOrgID": organizationId } },
    });
  }
  if (endpoint === "s3") {
    statements.push({
      Sid: "ImageLayers",
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      // Layers of our own images lie in a bucket that AWS owns (ECR user guide, "Minimum Amazon S3 bucket permissions").
      Resource: `arn:${partition}:s3:::prod-${region}-starport-layer-bucket/*`,
      Condition: { StringEquals: { "aws:PrincipalAccount": accounts.processing } },
    });
  }
  return policy(...statements);
}

/** Calls that name no resource bring no `aws:ResourceOrgID`, and would be refused by it. */
const actionsWithoutResource: Readonly<Partial<Record<EndpointName, readonly string[]>>> = {
  "ecr.api": ["ecr:GetAuthorizationToken"],
  states: ["states:SendTaskSuccess", "states:SendTaskFailure"],
};

export const actionsThrough: Readonly<Record<EndpointName, readonly string[]>> = {
  s3: ["s3:GetObject*", "s3:PutObject*", "s3:ListBucket*", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
  kms: ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt", "kms:GenerateMac", "kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"],
  sqs: [
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
  ],
  sns: ["sns:Publish"],
  events: ["events:PutEvents"],
  states: ["states:StartExecution"],
  sts: ["sts:AssumeRole", "sts:TagSession"],
  secretsmanager: ["secretsmanager:GetSecretValue"],
  "ecr.api": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"],
  "ecr.dkr": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
  logs: ["logs:CreateLogStream", "logs:PutLogEvents"],
};
