import { CfnAnalyzer } from "aws-cdk-lib/aws-accessanalyzer";
import { CfnTrail } from "aws-cdk-lib/aws-cloudtrail";
import { CfnOrganizationConformancePack } from "aws-cdk-lib/aws-config";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { AlarmTopic } from "../constructs/alarm-topic.ts";
import { LockedBucket } from "../constructs/locked-bucket.ts";
import { ShortLivedBucket } from "../constructs/short-lived-bucket.ts";
import { TrailWatch } from "../constructs/trail-watch.ts";
import { conformancePack } from "../lib/config-rules.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { bucketName, keyArn } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import { bucketNames } from "../policies/context.ts";

/**
 * What proves what happened, away from where it happened: trail, tiles of the audit log, evidence. The account is the delegated administrator of
 * CloudTrail, Config and Access Analyzer, so that the management account runs nothing.
 */
export class AuditStack extends EscStack {
  constructor(scope: Construct, config: Config) {
    super(scope, config, "logArchive", "audit", "Trail, audit log and evidence, locked; rules that hold every account against them");
    const lockDays = config.retention.auditDays;
    const access = new ShortLivedBucket(this, "Access", { name: "access", days: lockDays });
    const trail = new LockedBucket(this, "Trail", { name: "trail", lockDays });
    for (const name of ["audit", "anchor", "evidence"] as const)
      new LockedBucket(this, name, { name, lockDays }).node.addDependency(access);
    trail.node.addDependency(access);
    this.follow(trail);
    new CfnAnalyzer(this, "AccessAnalyzer", { analyzerName: prefix, type: "ORGANIZATION" });
    new CfnOrganizationConformancePack(this, "ConformancePack", {
      organizationConformancePackName: `${prefix}-${config.stage}`,
      templateBody: this.toJsonString(conformancePack(this)),
      excludedAccounts: [config.accounts.management],
    });
    new TrailWatch(this, "Watch", new AlarmTopic(this, "Alarms").arn, [
      {
        name: "trail-touched",
        why: "Somebody touches the trail, the recorder or a lock",
        pattern: {
          detail: {
            eventName: [
              "StopLogging",
              "DeleteTrail",
              "UpdateTrail",
              "PutEventSelectors",
              "PutBucketPolicy",
              "DeleteBucketPolicy",
              "PutObjectLockConfiguration",
              "PutBucketLifecycle",
              "PutBucketPublicAccessBlock",
            ],
          },
        },
      },
    ]);
  }

  /** Every call in every account, and every read and write of an object in the named buckets. */
  private follow(bucket: LockedBucket): void {
    const trail = new CfnTrail(this, "OrganisationTrail", {
      trailName: prefix,
      s3BucketName: bucket.name,
      kmsKeyId: keyArn(this, "audit"),
      isLogging: true,
      isOrganizationTrail: true,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      advancedEventSelectors: [
        { name: "Calls", fieldSelectors: [{ field: "eventCategory", equalTo: ["Management"] }] },
        {
          name: "Objects",
          fieldSelectors: [
            { field: "eventCategory", equalTo: ["Data"] },
            { field: "resources.type", equalTo: ["AWS::S3::Object"] },
            {
              field: "resources.ARN",
              // The trail's own deliveries would be told of in the trail, for ever.
              startsWith: bucketNames
                .filter((name) => name !== "trail" && name !== "access")
                .map((name) => `arn:${this.partition}:s3:::${bucketName(this, name)}/`),
            },
          ],
        },
      ],
    });
    trail.node.addDependency(bucket);
  }
}
