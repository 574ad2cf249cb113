/**
 * What policies depend on. The values may be tokens of the CDK that are known only when a stack is deployed: nothing in this folder splits,
 * compares or measures them, it only joins them.
 */
export interface PolicyContext {
  /** Of AWS: `aws-eusc`. No ARN is written without it. */
  readonly partition: string;
  /** The one region: `eusc-de-east-1`. */
  readonly region: string;
  /** Zones that anything may be placed in, by name. */
  readonly zones: readonly string[];
  readonly organizationId: string;
  readonly accounts: Readonly<Record<AccountName, string>>;
  /** Begins the names of roles, queues and topics: `parcelkeep`. Letters, digits and hyphens. */
  readonly prefix: string;
  readonly buckets: Readonly<Record<BucketName, string>>;
  /** ARNs. The wrapping keys are several: one for each epoch (docs/operations/keys-aws.md). */
  readonly keys: Readonly<Record<Exclude<KeyName, "wrapping">, string>> & { readonly wrapping: readonly string[] };
  /** Origins that a key may have (KMS API reference, CreateKey). */
  readonly keyOrigins: readonly KeyOrigin[];
  /** How index keys are derived: by an HMAC key in KMS, or by a secret that one Decrypt brings (custom key stores hold no HMAC keys). */
  readonly derivation: "provider-hmac" | "wrapped-secret";
  /** While keys are rotated, and no longer, the rekeyer may open and wrap again. */
  readonly rotating: boolean;
  /** `cluster-…` of Aurora, which log-ins by IAM name. */
  readonly databaseResourceId: string;
  /** Ids of the VPC endpoints (`vpce-…`) of every network that processes run in. */
  readonly endpoints: Readonly<Record<EndpointName, readonly string[]>>;
  /** The forge that builds and deploys: who signs its runners' identities, and for which branch. */
  readonly forge: Forge;
}

export interface Forge {
  /** Host and path of the OpenID Connect issuer, without `https://`. */
  readonly issuer: string;
  readonly audience: string;
  /** The `sub` of a run on the protected branch of this repository, in full. */
  readonly subject: string;
}

/**
 * Apart by what would be lost with them: keys in `security`, the trail in `logArchive`, the only way out in `network`, what the internet reaches (load balancer, its firewall) in `ingest`,
 * which has a private link to the front. All processes are in `processing`, since a database takes log-ins by IAM from its own account only (guide, B6).
 */
export const accountNames = ["management", "security", "logArchive", "network", "ingest", "processing", "analytics"] as const;
export type AccountName = (typeof accountNames)[number];

/**
 * `raw`: sealed segments. `audit`: tiles and checkpoints of the audit log. `anchor`: its last signed checkpoint, kept apart from it. `trail`: CloudTrail. `evidence`: releases' evidence,
 * inventories. `access`: access logs of the others, and Config's record: neither is delivered into a locked bucket. `queries`: answers of audit queries.
 */
export const bucketNames = ["raw", "audit", "anchor", "trail", "evidence", "access", "queries"] as const;
export type BucketName = (typeof bucketNames)[number];

/**
 * Buckets that have an object lock, and how their objects come under it: each by the bucket's own retention; each by what its writer says; or not at all, since one object is replaced by
 * the next every few seconds, and each of them would be kept for years.
 */
export const lockOf = {
  raw: "by-default",
  audit: "by-its-writer",
  anchor: "replaced",
  trail: "by-default",
  evidence: "by-default",
} as const satisfies Partial<Record<BucketName, "by-default" | "by-its-writer" | "replaced">>;
/** In a bucket whose writer locks: what is under a lock. The rest (`pointers/`) is replaced. */
export const lockedByWriter = "audit/";
export type LockedBucketName = keyof typeof lockOf;
export const lockedBucketNames = Object.keys(lockOf) as readonly LockedBucketName[];

/** `wrapping`, `derivation`, `signing`: the vault's roots. The others encrypt what AWS services store, and see ciphertext of the vault at most. */
export const keyNames = ["wrapping", "derivation", "signing", "raw", "audit", "queue", "database", "logs", "secrets"] as const;
export type KeyName = (typeof keyNames)[number];

export type KeyOrigin = "AWS_KMS" | "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE" | "EXTERNAL";

/** Interface endpoints by the service's name; `s3` is a gateway. */
export const endpointNames = [
  "s3",
  "kms",
  "sqs",
  "sns",
  "events",
  "states",
  "sts",
  "secretsmanager",
  "ecr.api",
  "ecr.dkr",
  "logs",
] as const;
export type EndpointName = (typeof endpointNames)[number];

/** FIFO queues; each has a dead-letter queue of the same name and `-dead`. `inbox` names jobs for workers and holds nothing of them (docs/operations/queue.md). */
export const queueNames = ["inbox", "approvals"] as const;
export type QueueName = (typeof queueNames)[number];

/** `alarms` tells people, `changes` tells merchants' systems that live in AWS (both pseudonymous). */
export const topicNames = ["alarms", "changes"] as const;
export type TopicName = (typeof topicNames)[number];

/** Processes of the program (src/main/role.ts and those that are started for one task), each with an IAM role of its own (DESIGN section 5). */
export const processNames = [
  "front",
  "worker",
  "archivist",
  "keeper",
  "sequencer",
  "granter",
  "outbound",
  // The task that an opener runs in. It can become one grant's opener and nothing else.
  "opener-starter",
  "opener",
  "rekeyer",
  "migrator",
] as const;
export type ProcessName = (typeof processNames)[number];

/**
 * Roles beside the processes. `approvals`: the workflow that waits for people. `execution`: what ECS pulls images and secrets with; `role-maker-execution`: the same for the one task that logs
 * in as the database's first user, which has no other role. `ci` may become `deployer`, which alone changes infrastructure. `key-maker`: makes keys in a custom key store. `key-administrator`, `break-glass`: persons with a hardware token. `auditor`: reads evidence. `inspector`: asks of it what is asked every day.
 */
export const platformRoleNames = [
  "approvals",
  "execution",
  "role-maker-execution",
  "ci",
  "deployer",
  "key-maker",
  "key-administrator",
  "break-glass",
  "auditor",
  "inspector",
  "recorder",
] as const;
export type PlatformRoleName = (typeof platformRoleNames)[number];

export type RoleName = ProcessName | PlatformRoleName;
export const roleNames: readonly RoleName[] = [...processNames, ...platformRoleNames];

/** The account that each role lives in. `execution`, `deployer` and `recorder` are in several: their home is where this says, unless another is named. */
export const homeOf: Readonly<Record<RoleName, AccountName>> = {
  front: "processing",
  worker: "processing",
  archivist: "processing",
  keeper: "processing",
  sequencer: "processing",
  granter: "processing",
  outbound: "processing",
  "opener-starter": "processing",
  opener: "processing",
  rekeyer: "processing",
  migrator: "processing",
  approvals: "processing",
  execution: "processing",
  "role-maker-execution": "processing",
  ci: "processing",
  deployer: "processing",
  "key-maker": "security",
  "key-administrator": "security",
  "break-glass": "security",
  auditor: "analytics",
  inspector: "analytics",
  recorder: "processing",
};

/** Accounts whose role of this name is meant where a resource names it: AWS Config delivers under the role of each account. */
export function accountsOf(role: RoleName): readonly AccountName[] {
  return role === "recorder" ? accountNames.filter((account) => account !== "management") : [homeOf[role]];
}

/** The account that each bucket lives in: what proves what happened is not where it happened. */
export const bucketHomeOf: Readonly<Record<BucketName, AccountName>> = {
  raw: "processing",
  audit: "logArchive",
  anchor: "logArchive",
  trail: "logArchive",
  evidence: "logArchive",
  access: "logArchive",
  queries: "analytics",
};
