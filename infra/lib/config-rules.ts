import type { EscStack } from "./esc-stack.ts";
import { bucketName } from "./policy-context.ts";
import { prefix } from "./prefix.ts";

/** AWS's own rules: what they look at stands in the Config developer guide, "List of AWS Config Managed Rules". */
const managed = [
  "ACCESS_KEYS_ROTATED",
  "CLOUD_TRAIL_ENABLED",
  "CLOUD_TRAIL_ENCRYPTION_ENABLED",
  "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED",
  "CLOUDTRAIL_S3_DATAEVENTS_ENABLED",
  "CLOUDWATCH_LOG_GROUP_ENCRYPTED",
  "DB_INSTANCE_BACKUP_ENABLED",
  "ECS_CONTAINERS_NONPRIVILEGED",
  "ECS_CONTAINERS_READONLY_ACCESS",
  "ECS_TASK_DEFINITION_NONROOT_USER",
  "ELASTICACHE_REPL_GRP_ENCRYPTED_AT_REST",
  "ELASTICACHE_REPL_GRP_ENCRYPTED_IN_TRANSIT",
  "IAM_USER_NO_POLICIES_CHECK",
  "KMS_CMK_NOT_SCHEDULED_FOR_DELETION",
  "NO_UNRESTRICTED_ROUTE_TO_IGW",
  "RDS_CLUSTER_IAM_AUTHENTICATION_ENABLED",
  "RDS_INSTANCE_PUBLIC_ACCESS_CHECK",
  "RDS_SNAPSHOTS_PUBLIC_PROHIBITED",
  "RDS_STORAGE_ENCRYPTED",
  "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC",
  "S3_BUCKET_DEFAULT_LOCK_ENABLED",
  "S3_BUCKET_MFA_DELETE_ENABLED",
  "S3_BUCKET_PUBLIC_READ_PROHIBITED",
  "S3_BUCKET_PUBLIC_WRITE_PROHIBITED",
  "S3_BUCKET_SSL_REQUESTS_ONLY",
  "S3_BUCKET_VERSIONING_ENABLED",
  "S3_DEFAULT_ENCRYPTION_KMS",
  "S3_LIFECYCLE_POLICY_CHECK",
  "SECRETSMANAGER_USING_CMK",
  "SNS_ENCRYPTED_KMS",
  "STEP_FUNCTIONS_STATE_MACHINE_LOGGING_ENABLED",
  "SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED",
  "VPC_DEFAULT_SECURITY_GROUP_CLOSED",
  "VPC_FLOW_LOGS_ENABLED",
] as const;

interface OwnRule {
  readonly name: string;
  readonly why: string;
  readonly resourceTypes: readonly string[];
  /** AWS CloudFormation Guard, over the resource's configuration item. */
  readonly rule: string;
}

/** What no managed rule knows: our keys and our names. Config records what is in its own region, so no rule of it could find a resource in another one; a daily query does (audit-queries.ts). */
function own(stack: EscStack): readonly OwnRule[] {
  const { region, accounts } = stack.config;
  return [
    {
      name: "buckets-under-our-keys",
      why: "ESC-S3-03: a bucket is encrypted with a key of the security account in this region, or takes access logs",
      resourceTypes: ["AWS::S3::Bucket"],
      rule: `rule our_key when resourceName != "${bucketName(stack, "access")}" {
  supplementaryConfiguration.ServerSideEncryptionConfiguration.rules[*].applyServerSideEncryptionByDefault.kmsMasterKeyID == /:kms:${region}:${accounts.security}:key\\//
}`,
    },
    {
      name: "buckets-not-replicated",
      why: "ESC-S3-02: no bucket has a copy elsewhere",
      resourceTypes: ["AWS::S3::Bucket"],
      rule: `rule not_replicated { supplementaryConfiguration.BucketReplicationConfiguration !exists }`,
    },
    {
      name: "keys-of-one-region",
      why: "ESC-KMS-02: no key has a replica",
      resourceTypes: ["AWS::KMS::Key"],
      rule: `rule one_region { configuration.multiRegion != true }`,
    },
  ];
}

/** Template of the pack that every account is held against. */
export function conformancePack(stack: EscStack): object {
  const rules = [
    ...managed.map((identifier) => ({
      name: identifier.toLowerCase().replaceAll("_", "-"),
      properties: { Source: { Owner: "AWS", SourceIdentifier: identifier } },
    })),
    ...own(stack).map(({ name, why, resourceTypes, rule }) => ({
      name,
      properties: {
        Description: why,
        Scope: { ComplianceResourceTypes: resourceTypes },
        Source: {
          Owner: "CUSTOM_POLICY",
          SourceDetails: [{ EventSource: "aws.config", MessageType: "ConfigurationItemChangeNotification" }],
          CustomPolicyDetails: { PolicyRuntime: "guard-2.x.x", PolicyText: rule, EnableDebugLogDelivery: false },
        },
      },
    })),
  ];
  return {
    Resources: Object.fromEntries(
      rules.map(({ name, properties }) => [
        name.replaceAll(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
        { Type: "AWS::Config::ConfigRule", Properties: { ConfigRuleName: `${prefix}-${name}`, ...properties } },
      ]),
    ),
  };
}
