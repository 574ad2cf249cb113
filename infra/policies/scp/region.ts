import { arnsOf } from "../arn.ts";
import type { PolicyContext } from "../context.ts";
import { policy, type PolicyDocument } from "../document.ts";

/**
 * Services whose requests name no region of ours because they have none. In the sovereign partition they answer from the one region, so this list may turn out to be needless:
 * it keeps an organisation from being locked out of its own IAM until that is proven. None of them holds personal data.
 */
export const withoutRegion = ["iam:*", "organizations:*", "account:*", "sts:*", "budgets:*", "ce:*", "health:*", "support:*", "route53:*"];

/**
 * What the platform is made of. A service that is not here cannot be used by anybody: data mover, shared drive or model that comes to the region next year included. The one other list of
 * `NotAction`.
 */
export const servicesInUse = [
  ...withoutRegion,
  "access-analyzer:*",
  "acm:*",
  "application-autoscaling:*",
  "athena:*",
  "cloudformation:*",
  "cloudhsm:*",
  "cloudtrail:*",
  "cloudwatch:*",
  "config:*",
  "controltower:*",
  "directconnect:*",
  "ec2:*",
  "ecr:*",
  "ecs:*",
  "elasticache:*",
  "elasticloadbalancing:*",
  "events:*",
  "execute-api:*",
  "apigateway:*",
  "glue:*",
  "guardduty:*",
  "identitystore:*",
  "kms:*",
  "lakeformation:*",
  "lambda:*",
  "logs:*",
  "network-firewall:*",
  "ram:*",
  "rds:*",
  "rds-db:*",
  "route53resolver:*",
  "s3:*",
  "scheduler:*",
  "secretsmanager:*",
  "securityhub:*",
  "servicequotas:*",
  "signer:*",
  "sns:*",
  "sqs:*",
  "ssm:*",
  "sso:*",
  "states:*",
  "tag:*",
  "wafv2:*",
  "xray:*",
];

/** Nothing is done outside the region, outside its named zones, or with a service that the platform does not use. */
export function regionGuard(context: PolicyContext): PolicyDocument {
  return policy(
    {
      Sid: "OutsideTheRegion",
      Effect: "Deny",
      NotAction: withoutRegion,
      Resource: "*",
      Condition: { StringNotEquals: { "aws:RequestedRegion": context.region } },
    },
    {
      Sid: "OutsideTheZones",
      Effect: "Deny",
      Action: ["ec2:RunInstances", "ec2:CreateVolume"],
      Resource: [arnsOf(context).of("ec2", "*", "instance/*"), arnsOf(context).of("ec2", "*", "volume/*")],
      Condition: { StringNotEquals: { "ec2:AvailabilityZone": context.zones } },
    },
    { Sid: "OtherServices", Effect: "Deny", NotAction: servicesInUse, Resource: "*" },
  );
}
