import { arnsOf, servicePrincipal, viaService } from "../arn.ts";
import type { KeyName, PolicyContext, RoleName } from "../context.ts";
import { policy, type PolicyDocument, type Statement } from "../document.ts";
import { forRoles, separation } from "./statements.ts";

/** Keys that AWS services encrypt with what they store for us. They see ciphertext of the vault at most; each is used through its one service only. */
export type StorageKeyName = Exclude<KeyName, "wrapping" | "derivation" | "signing">;

export function storageKeyPolicy(context: PolicyContext, key: StorageKeyName): PolicyDocument {
  return policy(...separation(context), ...usersOf[key](context));
}

const usersOf: Readonly<Record<StorageKeyName, (context: PolicyContext) => readonly Statement[]>> = {
  raw: (context) => [
    throughS3(context, "WriteObjects", ["kms:GenerateDataKey", "kms:Decrypt"], ["archivist", "keeper"], ["raw"]),
    throughS3(context, "ReadObjects", ["kms:Decrypt"], ["opener"], ["raw"]),
    onlyThrough(context, ["s3"]),
  ],
  audit: (context) => [
    throughS3(
      context,
      "WriteObjects",
      ["kms:GenerateDataKey", "kms:Decrypt"],
      ["sequencer", "auditor", "inspector"],
      ["audit", "anchor", "queries"],
    ),
    throughS3(context, "WriteEvidence", ["kms:GenerateDataKey"], ["ci", "recorder"], ["evidence", "access"]),
    throughS3(
      context,
      "ReadObjects",
      ["kms:Decrypt"],
      ["front", "opener", "auditor", "inspector"],
      ["audit", "anchor", "trail", "evidence", "access", "queries"],
    ),
    byTrail(context),
    onlyThrough(context, ["s3"]),
  ],
  queue: (context) => [
    {
      Sid: "SendAndReceive",
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      ...forRoles(context, ["worker", "granter", "approvals"], { StringEquals: { "kms:ViaService": viaService(context, "sqs") } }),
    },
    {
      Sid: "Publish",
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      ...forRoles(context, ["worker", "approvals", "inspector"], { StringEquals: { "kms:ViaService": viaService(context, "sns") } }),
    },
    byServices(context, "BusAndTopics", ["events", "sns", "cloudwatch"], ["kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"]),
    onlyThrough(context, ["sqs", "sns"]),
  ],
  database: (context) => [
    {
      Sid: "MakeTheDatabase",
      Effect: "Allow",
      Action: ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"],
      ...forRoles(context, ["deployer"], {
        StringEquals: { "kms:ViaService": [...viaService(context, "rds"), ...viaService(context, "elasticache")] },
      }),
    },
    {
      Sid: "LendItToTheDatabase",
      Effect: "Allow",
      Action: "kms:CreateGrant",
      ...forRoles(context, ["deployer"], {
        StringEquals: { "kms:ViaService": [...viaService(context, "rds"), ...viaService(context, "elasticache")] },
        Bool: { "kms:GrantIsForAWSResource": "true" },
      }),
    },
    onlyThrough(context, ["rds", "elasticache"]),
  ],
  logs: (context) => [
    {
      Sid: "LogGroups",
      Effect: "Allow",
      Principal: { Service: servicePrincipal(`logs.${context.region}`) },
      Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
      Resource: "*",
      Condition: {
        ArnLike: {
          "kms:EncryptionContext:aws:logs:arn": [
            arnsOf(context).of("logs", "*", `log-group:/${context.prefix}/*`),
            // The web firewall takes no group of another beginning (WAF developer guide, "Logging destinations").
            arnsOf(context).of("logs", "ingest", `log-group:aws-waf-logs-${context.prefix}`),
          ],
        },
      },
    },
    {
      // Step Functions has whoever makes a machine look at its key; the scheduler has whoever makes a schedule use it (their guides, "Encryption at rest").
      Sid: "PutUpMachines",
      Effect: "Allow",
      Principal: { AWS: makersOfMachines.map((account) => arnsOf(context).accountRoot(account)) },
      Action: "kms:DescribeKey",
      Resource: "*",
      Condition: { ArnEquals: { "aws:PrincipalArn": makersOfMachines.map((account) => arnsOf(context).role("deployer", account)) } },
    },
    {
      Sid: "PutUpSchedules",
      Effect: "Allow",
      Principal: { AWS: arnsOf(context).accountRoot("analytics") },
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      Resource: "*",
      Condition: {
        ArnEquals: { "aws:PrincipalArn": arnsOf(context).role("deployer", "analytics") },
        StringEquals: { "kms:ViaService": viaService(context, "scheduler") },
      },
    },
    {
      Sid: "TheDailyQuestions",
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      ...forRoles(context, ["inspector"], {
        StringEquals: {
          "kms:EncryptionContext:aws:states:stateMachineArn": arnsOf(context).of(
            "states",
            "analytics",
            `stateMachine:${context.prefix}-audit`,
          ),
        },
      }),
    },
    {
      Sid: "TheWorkflowsState",
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      ...forRoles(context, ["approvals"], {
        StringEquals: {
          "kms:EncryptionContext:aws:states:stateMachineArn": arnsOf(context).of(
            "states",
            "processing",
            `stateMachine:${context.prefix}-approvals`,
          ),
        },
      }),
    },
  ],
  secrets: (context) => [
    {
      Sid: "HandToTasks",
      Effect: "Allow",
      Action: "kms:Decrypt",
      ...forRoles(context, ["execution", "role-maker-execution"], {
        StringEquals: { "kms:ViaService": viaService(context, "secretsmanager") },
      }),
    },
    {
      Sid: "KeepSecrets",
      Effect: "Allow",
      // Secrets Manager asks for both when it takes a secret (user guide, "Secret encryption and decryption"). Reading one back is what its boundary refuses.
      Action: ["kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"],
      ...forRoles(context, ["deployer"], { StringEquals: { "kms:ViaService": viaService(context, "secretsmanager") } }),
    },
    {
      Sid: "LendItToTheDatabase",
      Effect: "Allow",
      Action: "kms:CreateGrant",
      ...forRoles(context, ["deployer"], {
        StringEquals: { "kms:ViaService": [...viaService(context, "secretsmanager"), ...viaService(context, "rds")] },
        Bool: { "kms:GrantIsForAWSResource": "true" },
      }),
    },
    onlyThrough(context, ["secretsmanager"]),
  ],
};

/** Accounts that have a state machine. */
const makersOfMachines = ["processing", "analytics"] as const;

/** S3 puts the bucket's or object's ARN into the context (S3 user guide, "Encryption context"; with bucket keys the bucket's). */
function throughS3(
  context: PolicyContext,
  sid: string,
  actions: readonly string[],
  roles: readonly RoleName[],
  buckets: readonly (keyof PolicyContext["buckets"])[],
): Statement {
  const arns = arnsOf(context);
  return {
    Sid: sid,
    Effect: "Allow",
    Action: actions,
    ...forRoles(context, roles, {
      StringEquals: { "kms:ViaService": viaService(context, "s3") },
      ArnLike: { "kms:EncryptionContext:aws:s3:arn": buckets.flatMap((name) => [arns.bucket(name), arns.objects(name)]) },
    }),
  };
}

/** CloudTrail and Config deliver under the trail's name (CloudTrail user guide, "Configure AWS KMS key policies for CloudTrail"). */
function byTrail(context: PolicyContext): Statement {
  return byServices(
    context,
    "TrailDelivers",
    ["cloudtrail", "config", "delivery.logs", "s3"],
    ["kms:GenerateDataKey*", "kms:Decrypt", "kms:DescribeKey"],
  );
}

function byServices(context: PolicyContext, sid: string, services: readonly string[], actions: readonly string[]): Statement {
  return {
    Sid: sid,
    Effect: "Allow",
    Principal: { Service: services.map(servicePrincipal) },
    Action: actions,
    Resource: "*",
    Condition: { StringEquals: { "aws:SourceOrgID": context.organizationId } },
  };
}

/** A role that may use the key through its service may not use it by hand. */
function onlyThrough(context: PolicyContext, services: readonly string[]): Statement {
  return {
    Sid: "OnlyThroughItsService",
    Effect: "Deny",
    Principal: "*",
    Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
    Resource: "*",
    Condition: {
      StringNotEquals: { "kms:ViaService": services.flatMap((service) => viaService(context, service)) },
      Bool: { "aws:PrincipalIsAWSService": "false" },
    },
  };
}
