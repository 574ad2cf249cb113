import { arnsOf } from "../arn.ts";
import type { PolicyContext } from "../context.ts";
import { policy, type PolicyDocument } from "../document.ts";

/** Buckets stay private, locked and encrypted as they were made. */
export function storageGuard(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  const deployer = arns.role("deployer", "*");
  return policy(
    {
      Sid: "NoAccessLists",
      Effect: "Deny",
      Action: ["s3:PutBucketAcl", "s3:PutObjectAcl", "s3:PutObjectVersionAcl", "s3:PutBucketWebsite", "s3:PutAccelerateConfiguration"],
      Resource: "*",
    },
    {
      Sid: "NoObjectsWithAccessLists",
      Effect: "Deny",
      Action: "s3:PutObject",
      Resource: "*",
      Condition: {
        StringNotEqualsIfExists: { "s3:x-amz-acl": ["private", "bucket-owner-full-control"] },
        Null: { "s3:x-amz-acl": "false" },
      },
    },
    {
      Sid: "PublicAccessStaysBlocked",
      Effect: "Deny",
      Action: [
        "s3:PutAccountPublicAccessBlock",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketOwnershipControls",
        "ec2:DisableSnapshotBlockPublicAccess",
        "ec2:DisableImageBlockPublicAccess",
      ],
      Resource: "*",
      Condition: { ArnNotLike: { "aws:PrincipalArn": deployer } },
    },
    {
      Sid: "BucketsAreSetByTheDeployer",
      Effect: "Deny",
      Action: [
        "s3:CreateBucket",
        "s3:DeleteBucket",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketLogging",
        "s3:PutInventoryConfiguration",
        "s3:PutBucketNotification",
        "s3:PutBucketObjectLockConfiguration",
        "s3:CreateAccessPoint",
        "s3:PutAccessPointPolicy",
      ],
      Resource: "*",
      Condition: { ArnNotLike: { "aws:PrincipalArn": deployer } },
    },
    {
      Sid: "VersioningStays",
      Effect: "Deny",
      Action: "s3:PutBucketVersioning",
      Resource: "*",
      // MFA Delete is switched on by the account's root user and nobody else (S3 user guide, "Configuring MFA delete").
      Condition: { ArnNotLike: { "aws:PrincipalArn": [deployer, arns.global("iam", "*", "root")] } },
    },
    {
      Sid: "AccessPointsStayInTheNetwork",
      Effect: "Deny",
      Action: "s3:CreateAccessPoint",
      Resource: "*",
      Condition: { StringNotEqualsIfExists: { "s3:AccessPointNetworkOrigin": "VPC" } },
    },
    {
      Sid: "LocksAreNotBypassed",
      Effect: "Deny",
      Action: ["s3:BypassGovernanceRetention", "s3:PutObjectLegalHold"],
      Resource: "*",
    },
    {
      Sid: "LocksAreComplianceLocks",
      Effect: "Deny",
      Action: ["s3:PutObject", "s3:PutObjectRetention"],
      Resource: "*",
      Condition: {
        StringNotEqualsIfExists: { "s3:object-lock-mode": "COMPLIANCE" },
        Null: { "s3:object-lock-mode": "false" },
      },
    },
    {
      Sid: "LocksAreSetByWhoWrites",
      Effect: "Deny",
      Action: "s3:PutObjectRetention",
      Resource: "*",
      Condition: { ArnNotLike: { "aws:PrincipalArn": [arns.role("archivist"), arns.role("sequencer"), arns.role("keeper")] } },
    },
    // They go by lifecycle rules, after their lock.
    {
      Sid: "VersionsStay",
      Effect: "Deny",
      Action: ["s3:DeleteObjectVersion", "s3:DeleteObjectVersionTagging"],
      Resource: "*",
    },
  );
}
