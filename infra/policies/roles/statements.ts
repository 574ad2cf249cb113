import { arnsOf, viaService } from "../arn.ts";
import type { BucketName, KeyName, PolicyContext, QueueName } from "../context.ts";
import type { Conditions, Statement } from "../document.ts";

/** What a data key seals (src/vault/keys/provider.ts, keyPurposes). */
export const purposes = ["raw-records", "personal-values", "tracking-numbers", "carrier-credentials"] as const;
/** Those of the root `resolving`: what the process that asks carriers may open. */
export const resolvedPurposes = ["tracking-numbers", "carrier-credentials"] as const;

/** A context as src/vault/keys/aws-kms/context.ts makes it: tenant, purpose and epoch, and nothing beside. */
export function vaultContext(allowed: readonly string[]): Conditions {
  return {
    StringEquals: { "kms:EncryptionContext:purpose": allowed },
    "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["tenant", "purpose", "epoch"] },
    Null: { "kms:EncryptionContext:tenant": "false", "kms:EncryptionContext:epoch": "false" },
  };
}

/** A log-in to the database by IAM (Aurora user guide, "Creating and using an IAM policy for IAM database access"). */
export function logIn(context: PolicyContext, users: readonly string[]): Statement {
  const arns = arnsOf(context);
  return {
    Sid: "LogIn",
    Effect: "Allow",
    Action: "rds-db:connect",
    Resource: users.map((user) => arns.of("rds-db", "processing", `dbuser:${context.databaseResourceId}/${user}`)),
  };
}

export function seal({ keys }: PolicyContext): Statement {
  return {
    Sid: "Seal",
    Effect: "Allow",
    Action: ["kms:GenerateDataKey", "kms:Encrypt"],
    Resource: keys.wrapping,
    Condition: vaultContext(purposes),
  };
}

/** The index keys: by HMAC in KMS, or by unwrapping the secret that no data key's context fits. */
export function derive({ keys, derivation }: PolicyContext): Statement {
  switch (derivation) {
    case "provider-hmac":
      return {
        Sid: "Derive",
        Effect: "Allow",
        Action: "kms:GenerateMac",
        Resource: keys.derivation,
        Condition: { StringEquals: { "kms:MacAlgorithm": "HMAC_SHA_256" } },
      };
    case "wrapped-secret":
      return {
        Sid: "Derive",
        Effect: "Allow",
        Action: "kms:Decrypt",
        Resource: keys.derivation,
        Condition: {
          StringEquals: { "kms:EncryptionContext:purpose": "derivation-root" },
          "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["purpose", "epoch"] },
        },
      };
  }
}

export function lookAtKeys({ keys }: PolicyContext): Statement {
  return { Sid: "LookAtKeys", Effect: "Allow", Action: "kms:DescribeKey", Resource: [...keys.wrapping, keys.derivation] };
}

/** DescribeKey tells a key that is about to be destroyed from one that is away for a moment. */
export function sign({ keys }: PolicyContext): Statement {
  return { Sid: "Sign", Effect: "Allow", Action: ["kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"], Resource: keys.signing };
}

/** Said although nothing allows it: a statement that is added by mistake changes nothing then. */
export function neverOpen({ keys }: PolicyContext): Statement {
  return {
    Sid: "NeverOpen",
    Effect: "Deny",
    Action: ["kms:Decrypt", "kms:ReEncrypt*", "kms:CreateGrant"],
    Resource: keys.wrapping,
  };
}

/** What S3 or SQS asks of a key in the caller's name. */
export function throughService(
  context: PolicyContext,
  sid: string,
  key: Exclude<KeyName, "wrapping">,
  service: "s3" | "sqs" | "sns" | "secretsmanager",
  actions: readonly ("kms:GenerateDataKey" | "kms:Decrypt")[],
): Statement {
  return {
    Sid: sid,
    Effect: "Allow",
    Action: actions,
    Resource: context.keys[key],
    Condition: { StringEquals: { "kms:ViaService": viaService(context, service) } },
  };
}

/** Objects are put once, under the right key and lock: the bucket's policy sees to that (buckets/sealed.ts). */
export function putObjects(context: PolicyContext, bucket: BucketName, keys: readonly string[]): Statement {
  return {
    Sid: "PutObjects",
    Effect: "Allow",
    Action: ["s3:PutObject", "s3:PutObjectRetention", "s3:AbortMultipartUpload"],
    Resource: keys.map((each) => arnsOf(context).objects(bucket, each)),
  };
}

export function getObjects(context: PolicyContext, bucket: BucketName, keys: readonly string[]): Statement {
  return {
    Sid: "GetObjects",
    Effect: "Allow",
    Action: ["s3:GetObject", "s3:GetObjectRetention", "s3:GetObjectVersion"],
    Resource: keys.map((each) => arnsOf(context).objects(bucket, each)),
  };
}

/** Without it S3 answers "forbidden" for an object that is not there. On the whole bucket: such an answer has no prefix that a condition could compare. */
export function listObjects(context: PolicyContext, ...buckets: readonly BucketName[]): Statement {
  return {
    Sid: "ListObjects",
    Effect: "Allow",
    Action: "s3:ListBucket",
    Resource: buckets.map((bucket) => arnsOf(context).bucket(bucket)),
  };
}

export function sendTo(context: PolicyContext, queue: QueueName): Statement {
  return { Sid: "Send", Effect: "Allow", Action: ["sqs:SendMessage", "sqs:GetQueueAttributes"], Resource: arnsOf(context).queue(queue) };
}

export function receiveFrom(context: PolicyContext, queue: QueueName): Statement {
  return {
    Sid: "Receive",
    Effect: "Allow",
    Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"],
    Resource: arnsOf(context).queue(queue),
  };
}
