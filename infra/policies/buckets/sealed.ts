import { arnsOf, servicePrincipal } from "../arn.ts";
import { accountsOf, type BucketName, type KeyName, lockOf, type PolicyContext, type RoleName } from "../context.ts";
import { policy, type PolicyDocument, type Statement } from "../document.ts";

/** The one right key of each bucket. Access logs are delivered by S3, which knows no other encryption there than its own (S3 user guide, "Enabling server access logging"). */
export const keyOfBucket: Readonly<Record<Exclude<BucketName, "access">, Exclude<KeyName, "wrapping">>> = {
  raw: "raw",
  audit: "audit",
  anchor: "audit",
  trail: "audit",
  evidence: "audit",
  queries: "audit",
};

/** Buckets that only processes in our network use; the others are written by services of AWS too. */
const inTheNetwork: readonly BucketName[] = ["raw", "audit"];

export function bucketPolicy(context: PolicyContext, bucket: BucketName): PolicyDocument {
  return policy(...allowedIn(context, bucket), ...exclusions(context, bucket), ...deniedIn(context, bucket));
}

function deniedIn(context: PolicyContext, bucket: BucketName): readonly Statement[] {
  const arns = arnsOf(context);
  const all = [arns.bucket(bucket), arns.objects(bucket)];
  const byPersonsAndProcesses = { "aws:PrincipalIsAWSService": "false" };
  const statements: Statement[] = [
    {
      Sid: "TlsOnly",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: all,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
    {
      Sid: "OurOrganizationOnly",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: all,
      Condition: { StringNotEqualsIfExists: { "aws:PrincipalOrgID": context.organizationId }, Bool: byPersonsAndProcesses },
    },
    {
      Sid: "NoPresignedAddresses",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: all,
      Condition: { StringNotEquals: { "s3:authType": "REST-HEADER" }, Bool: byPersonsAndProcesses },
    },
  ];
  if (bucket !== "access") {
    statements.push({
      Sid: "RightKeyOnly",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:PutObject",
      Resource: arns.objects(bucket),
      Condition: {
        // A negated comparison holds where its key is absent: in our network the key has to be named. CloudTrail and Config name none, and get the bucket's own.
        ArnNotEqualsIfExists: { "s3:x-amz-server-side-encryption-aws-kms-key-id": context.keys[keyOfBucket[bucket]] },
        ...(inTheNetwork.includes(bucket) ? {} : { Null: { "s3:x-amz-server-side-encryption-aws-kms-key-id": "false" } }),
      },
    });
  }
  if (inTheNetwork.includes(bucket)) {
    statements.push({
      Sid: "ThroughOurEndpoint",
      Effect: "Deny",
      Principal: "*",
      Action: ["s3:GetObject*", "s3:PutObject*", "s3:ListBucket*"],
      Resource: all,
      Condition: {
        StringNotEquals: { "aws:SourceVpce": context.endpoints.s3 },
        Bool: byPersonsAndProcesses,
        // Athena reads in the auditor's name.
        BoolIfExists: { "aws:ViaAWSService": "false" },
      },
    });
  }
  // Nobody before a lock ends, and lifecycle rules afterwards.
  if (bucket in lockOf) {
    statements.push({
      Sid: "NothingIsDeleted",
      Effect: "Deny",
      Principal: "*",
      Action: ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:DeleteBucket"],
      Resource: all,
    });
  }
  return statements;
}

const read = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention"];
const write = ["s3:PutObject", "s3:PutObjectRetention", "s3:AbortMultipartUpload"];

interface Use {
  readonly sid: string;
  readonly roles: readonly RoleName[];
  readonly actions: readonly string[];
  /** Keys of objects; null: the bucket itself. */
  readonly keys: string | null;
}

const look = ["s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketAcl"];

/** In another account than the role's, a bucket has to allow what the role's own policy allows. In the same one it only says what nobody else does: {@link exclusive}. */
const uses: Readonly<Record<BucketName, readonly Use[]>> = {
  raw: [],
  audit: [
    { sid: "WriteTiles", roles: ["sequencer"], actions: [...write, ...read], keys: "audit/*" },
    { sid: "MovePointers", roles: ["sequencer"], actions: ["s3:PutObject", "s3:GetObject"], keys: "pointers/*" },
    { sid: "ReadTiles", roles: ["front", "auditor"], actions: ["s3:GetObject"], keys: "audit/*" },
    { sid: "ReadPointers", roles: ["front", "opener", "auditor", "inspector"], actions: ["s3:GetObject"], keys: "pointers/*" },
    { sid: "List", roles: ["front", "sequencer", "opener", "auditor"], actions: look, keys: null },
  ],
  anchor: [
    { sid: "MoveTheAnchor", roles: ["sequencer"], actions: ["s3:PutObject", "s3:GetObject"], keys: "anchor/*" },
    { sid: "ReadTheAnchor", roles: ["auditor", "inspector"], actions: ["s3:GetObject"], keys: "anchor/*" },
    { sid: "List", roles: ["sequencer", "auditor", "inspector"], actions: look, keys: null },
  ],
  trail: [
    { sid: "ReadTrail", roles: ["auditor", "inspector"], actions: ["s3:GetObject"], keys: "*" },
    { sid: "List", roles: ["auditor", "inspector"], actions: look, keys: null },
  ],
  evidence: [
    { sid: "KeepReleases", roles: ["ci"], actions: ["s3:PutObject"], keys: "releases/*" },
    { sid: "ReadEvidence", roles: ["auditor", "inspector"], actions: ["s3:GetObject"], keys: "*" },
    { sid: "List", roles: ["auditor", "inspector"], actions: look, keys: null },
  ],
  access: [
    { sid: "DeliverConfig", roles: ["recorder"], actions: ["s3:PutObject"], keys: "config/*" },
    { sid: "ReadAccessLogs", roles: ["auditor", "inspector"], actions: ["s3:GetObject"], keys: "*" },
    { sid: "List", roles: ["recorder", "auditor", "inspector"], actions: look, keys: null },
  ],
  queries: [],
};

/** Who writes and who reads where everybody's own policy in the account would do. */
const exclusive: Readonly<Partial<Record<BucketName, { readonly writers: readonly RoleName[]; readonly readers: readonly RoleName[] }>>> = {
  raw: { writers: ["archivist", "keeper"], readers: ["archivist", "keeper", "opener"] },
  queries: { writers: ["auditor", "inspector"], readers: ["auditor", "inspector"] },
};

function allowedIn(context: PolicyContext, bucket: BucketName): readonly Statement[] {
  const arns = arnsOf(context);
  const statements = uses[bucket].map(({ sid, roles, actions, keys }): Statement => ({
    Sid: sid,
    Effect: "Allow",
    Principal: { AWS: [...new Set(roles.flatMap(accountsOf))].map((account) => arns.accountRoot(account)) },
    Action: actions,
    Resource: keys === null ? arns.bucket(bucket) : arns.objects(bucket, keys),
    Condition: { ArnEquals: { "aws:PrincipalArn": roles.flatMap((role) => accountsOf(role).map((account) => arns.role(role, account))) } },
  }));
  return [...statements, ...deliveries(context, bucket)];
}

function exclusions(context: PolicyContext, bucket: BucketName): readonly Statement[] {
  const only = exclusive[bucket];
  if (only === undefined) return [];
  const arns = arnsOf(context);
  const but = (sid: string, actions: readonly string[], roles: readonly RoleName[]): Statement => ({
    Sid: sid,
    Effect: "Deny",
    Principal: "*",
    Action: actions,
    Resource: arns.objects(bucket),
    Condition: {
      ArnNotEquals: { "aws:PrincipalArn": roles.map((role) => arns.role(role)) },
      Bool: { "aws:PrincipalIsAWSService": "false" },
    },
  });
  return [but("NobodyElseWrites", write, only.writers), but("NobodyElseReads", read, only.readers)];
}

/** Services of AWS that write, each for our organisation only. */
function deliveries(context: PolicyContext, bucket: BucketName): readonly Statement[] {
  const arns = arnsOf(context);
  const by = (sid: string, service: string, keys: string): readonly Statement[] => [
    {
      Sid: sid,
      Effect: "Allow",
      Principal: { Service: servicePrincipal(service) },
      Action: "s3:PutObject",
      Resource: arns.objects(bucket, keys),
      Condition: { StringEquals: { "aws:SourceOrgID": context.organizationId } },
    },
    {
      Sid: `${sid}Looks`,
      Effect: "Allow",
      Principal: { Service: servicePrincipal(service) },
      Action: ["s3:GetBucketAcl", "s3:ListBucket"],
      Resource: arns.bucket(bucket),
      Condition: { StringEquals: { "aws:SourceOrgID": context.organizationId } },
    },
  ];
  switch (bucket) {
    case "trail":
      return by("TrailDelivers", "cloudtrail", "AWSLogs/*");
    case "evidence":
      return by("InventoryDelivers", "s3", "inventory/*");
    case "access":
      return by("AccessLogsAreDelivered", "logging.s3", "*");
    case "raw":
    case "audit":
    case "anchor":
    case "queries":
      return [];
  }
}
