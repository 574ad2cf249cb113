import { CfnConfigurationRecorder, CfnDeliveryChannel } from "aws-cdk-lib/aws-config";
import { CfnVPCBlockPublicAccessOptions } from "aws-cdk-lib/aws-ec2";
import { CfnDetector } from "aws-cdk-lib/aws-guardduty";
import { CfnManagedPolicy } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { NamedRole } from "../constructs/named-role.ts";
import { logicalName } from "../constructs/private-endpoints.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { bucketName, keyArn, policyContextOf } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import { platformBoundary } from "../policies/boundary.ts";
import type { AccountName } from "../policies/context.ts";

/**
 * What every account has before anything else is in it: the boundary of roles, the one role that deploys, the record of every resource, a watch, and no way
 * to the internet. Whoever hands the account out deploys it once, before the organisation's policies bind.
 */
export class BaselineStack extends EscStack {
  constructor(scope: Construct, config: Config, account: AccountName) {
    super(scope, config, account, `baseline-${account}`, `What the account ${account} has before anything else is in it`);
    const context = policyContextOf(this);
    const boundary = new CfnManagedPolicy(this, "Boundary", {
      managedPolicyName: `${prefix}-boundary-platform`,
      policyDocument: platformBoundary(context),
    });
    const [deployer, recorder] = (["deployer", "recorder"] as const).map((name) => new NamedRole(this, name, context)) as [
      NamedRole,
      NamedRole,
    ];
    for (const role of [deployer, recorder]) role.node.addDependency(boundary);
    this.record(recorder.arn);
    new CfnDetector(this, "Watch", {
      enable: true,
      findingPublishingFrequency: "FIFTEEN_MINUTES",
      features: [
        { name: "S3_DATA_EVENTS", status: "ENABLED" },
        { name: "RDS_LOGIN_EVENTS", status: "ENABLED" },
      ],
    });
    // Of the account and region as a whole: it holds for networks that somebody makes later, too. Only the network account has a way out, and none in.
    new CfnVPCBlockPublicAccessOptions(this, "NoPublicAccess", {
      internetGatewayBlockMode: account === "network" ? "block-ingress" : "block-bidirectional",
    });
    this.gives(`${logicalName(account)}RecorderArn`, recorder.arn);
  }

  private record(roleArn: string): void {
    new CfnConfigurationRecorder(this, "Recorder", {
      name: prefix,
      roleArn,
      recordingGroup: { allSupported: true, includeGlobalResourceTypes: true },
      recordingMode: { recordingFrequency: "CONTINUOUS" },
    });
    new CfnDeliveryChannel(this, "Channel", {
      name: prefix,
      // Not the locked trail: Config delivers into no bucket with a default retention.
      s3BucketName: bucketName(this, "access"),
      s3KeyPrefix: "config",
      s3KmsKeyArn: keyArn(this, "audit"),
      configSnapshotDeliveryProperties: { deliveryFrequency: "TwentyFour_Hours" },
    });
  }
}
