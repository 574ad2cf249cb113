import { arnsOf } from "../arn.ts";
import type { PolicyContext } from "../context.ts";
import { policy, type PolicyDocument } from "../document.ts";

/** What is recorded goes on being recorded. */
export function trailGuard(context: PolicyContext): PolicyDocument {
  return policy(
    {
      Sid: "NobodyStopsTheRecord",
      Effect: "Deny",
      Action: [
        "cloudtrail:StopLogging",
        "cloudtrail:DeleteTrail",
        "config:StopConfigurationRecorder",
        "config:DeleteConfigurationRecorder",
        "config:DeleteDeliveryChannel",
        "config:DeleteRetentionConfiguration",
        "guardduty:DeleteDetector",
        "guardduty:DisassociateFromAdministratorAccount",
        "guardduty:StopMonitoringMembers",
        "securityhub:DisableSecurityHub",
        "access-analyzer:DeleteAnalyzer",
        "ec2:DeleteFlowLogs",
        "logs:DeleteLogGroup",
        "logs:DeleteLogStream",
        "logs:DeleteDataProtectionPolicy",
      ],
      Resource: "*",
    },
    {
      Sid: "TheDeployerChangesTheRecord",
      Effect: "Deny",
      Action: [
        "cloudtrail:CreateTrail",
        "cloudtrail:UpdateTrail",
        "cloudtrail:PutEventSelectors",
        "cloudtrail:PutInsightSelectors",
        "config:PutConfigurationRecorder",
        "config:PutDeliveryChannel",
        "config:PutConfigRule",
        "config:DeleteConfigRule",
        "config:PutRetentionConfiguration",
        "guardduty:UpdateDetector",
        "guardduty:CreateFilter",
        "securityhub:BatchDisableStandards",
        "logs:PutRetentionPolicy",
        "logs:DeleteRetentionPolicy",
        "logs:DisassociateKmsKey",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DisableAlarmActions",
        "events:DisableRule",
        "events:DeleteRule",
      ],
      Resource: "*",
      // The workflow's own rule, by which it learns that a task has ended, is put up and not taken down.
      Condition: { ArnNotLike: { "aws:PrincipalArn": arnsOf(context).role("deployer", "*") } },
    },
  );
}
