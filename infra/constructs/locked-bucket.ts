import { RemovalPolicy } from "aws-cdk-lib";
import { CfnBucket, CfnBucketPolicy } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { bucketName, keyArn, policyContextOf } from "../lib/policy-context.ts";
import { bucketPolicy, keyOfBucket } from "../policies/buckets/sealed.ts";
import { bucketHomeOf, lockedByWriter, type LockedBucketName, lockOf } from "../policies/context.ts";

export interface LockedBucketProps {
  readonly name: LockedBucketName;
  /** How long nobody can delete an object: compliance mode, which the root user cannot shorten either. */
  readonly lockDays: number;
}

/**
 * A bucket that is named, versioned, locked, encrypted with its one key, shut to the public, listed daily, and replicated nowhere. It has no switches: a
 * bucket that may do without one of these is another construct.
 */
export class LockedBucket extends Construct {
  readonly name: string;

  constructor(scope: EscStack, id: string, { name, lockDays }: LockedBucketProps) {
    super(scope, id);
    this.name = bucketName(scope, name);
    const bucket = new CfnBucket(this, "Bucket", {
      bucketName: this.name,
      ...sealed(keyArn(scope, keyOfBucket[name])),
      objectLockEnabled: true,
      objectLockConfiguration: {
        objectLockEnabled: "Enabled",
        ...(lockOf[name] === "by-default" ? { rule: { defaultRetention: { mode: "COMPLIANCE", days: lockDays } } } : {}),
      },
      lifecycleConfiguration: { rules: expiry(name, lockDays) },
      inventoryConfigurations: [dailyList(scope, name)],
      ...(isAudited(name)
        ? { loggingConfiguration: { destinationBucketName: bucketName(scope, "access"), logFilePrefix: `${name}/` } }
        : {}),
    });
    bucket.applyRemovalPolicy(RemovalPolicy.RETAIN);
    new CfnBucketPolicy(this, "Policy", { bucket: bucket.ref, policyDocument: bucketPolicy(policyContextOf(scope), name) });
  }
}

/** What every bucket has, locked or not. */
export function sealed(
  kmsMasterKeyId: string | null,
): Pick<
  ConstructorParameters<typeof CfnBucket>[2] & object,
  "versioningConfiguration" | "publicAccessBlockConfiguration" | "ownershipControls" | "bucketEncryption"
> {
  return {
    versioningConfiguration: { status: "Enabled" },
    publicAccessBlockConfiguration: { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    // No access lists at all: policies alone say who.
    ownershipControls: { rules: [{ objectOwnership: "BucketOwnerEnforced" }] },
    bucketEncryption: {
      serverSideEncryptionConfiguration: [
        kmsMasterKeyId === null
          ? { serverSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
          : { serverSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId }, bucketKeyEnabled: true },
      ],
    },
  };
}

/** Logs of access are delivered within one account only; buckets elsewhere have the trail's data events. */
function isAudited(name: LockedBucketName): boolean {
  return bucketHomeOf[name] === bucketHomeOf.access;
}

/**
 * Objects go when their lock does, versions a day later, and what was begun and left is gone in a day. What is replaced and never locked stays: the newest pointer of the audit
 * log, its keys and the anchor are as old as whatever was last written.
 */
function expiry(name: LockedBucketName, lockDays: number): CfnBucket.RuleProperty[] {
  const kept = { "by-default": {}, "by-its-writer": { prefix: lockedByWriter }, replaced: null }[lockOf[name]];
  return [
    ...(kept === null ? [] : [{ id: "after-the-lock", status: "Enabled", expirationInDays: lockDays + 1, ...kept }]),
    { id: "replaced", status: "Enabled", noncurrentVersionExpiration: { noncurrentDays: 1 } },
    { id: "unfinished-uploads", status: "Enabled", abortIncompleteMultipartUpload: { daysAfterInitiation: 1 } },
  ];
}

/** What the audit queries read: every version with its encryption, lock and access lists. */
function dailyList(stack: EscStack, name: LockedBucketName): CfnBucket.InventoryConfigurationProperty {
  return {
    id: "daily",
    enabled: true,
    includedObjectVersions: "All",
    scheduleFrequency: "Daily",
    optionalFields: [
      "Size",
      "LastModifiedDate",
      "StorageClass",
      "EncryptionStatus",
      "BucketKeyStatus",
      "ObjectLockMode",
      "ObjectLockRetainUntilDate",
      "ObjectAccessControlList",
      "ReplicationStatus",
      "ChecksumAlgorithm",
    ],
    destination: {
      bucketArn: `arn:${stack.partition}:s3:::${bucketName(stack, "evidence")}`,
      bucketAccountId: stack.config.accounts.logArchive,
      format: "Parquet",
      prefix: `inventory/${name}`,
    },
  };
}
