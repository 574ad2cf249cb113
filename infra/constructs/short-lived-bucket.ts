import { RemovalPolicy } from "aws-cdk-lib";
import { CfnBucket, CfnBucketPolicy } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { bucketName, keyArn, policyContextOf } from "../lib/policy-context.ts";
import { bucketPolicy } from "../policies/buckets/sealed.ts";
import { sealed } from "./locked-bucket.ts";

export interface ShortLivedBucketProps {
  /**
   * The two that cannot have a lock: answers of queries are copies, and S3's access logs and Config's record are not delivered into a bucket with a default
   * retention (S3 user guide, "Object Lock considerations"; Config developer guide, "Managing the Delivery Channel").
   */
  readonly name: "queries" | "access";
  readonly days: number;
}

/** A bucket without a lock: what is in it can be had again, or stands in the locked trail too. */
export class ShortLivedBucket extends Construct {
  readonly name: string;

  constructor(scope: EscStack, id: string, { name, days }: ShortLivedBucketProps) {
    super(scope, id);
    this.name = bucketName(scope, name);
    const bucket = new CfnBucket(this, "Bucket", {
      bucketName: this.name,
      ...sealed(name === "access" ? null : keyArn(scope, "audit")),
      lifecycleConfiguration: {
        rules: [{ id: "end", status: "Enabled", expirationInDays: days, noncurrentVersionExpiration: { noncurrentDays: 1 } }],
      },
    });
    bucket.applyRemovalPolicy(RemovalPolicy.RETAIN);
    new CfnBucketPolicy(this, "Policy", { bucket: bucket.ref, policyDocument: bucketPolicy(policyContextOf(scope), name) });
  }
}
