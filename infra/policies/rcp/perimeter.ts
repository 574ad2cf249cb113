import type { PolicyContext } from "../context.ts";
import { policy, type PolicyDocument } from "../document.ts";

/** Services whose resources these policies guard. SNS, RDS and Lambda know none: topics have policies of their own, the others are shared by nobody (scp/export.ts). */
export const guarded = ["s3:*", "sqs:*", "kms:*", "secretsmanager:*"];

/** Who may touch what is ours, whatever a resource's own policy says by mistake. Attached to the root. */
export function perimeter({ organizationId, forge }: PolicyContext): PolicyDocument {
  return policy(
    {
      Sid: "OurOrganizationOnly",
      Effect: "Deny",
      Principal: "*",
      Action: [...guarded, "sts:AssumeRole"],
      Resource: "*",
      Condition: {
        StringNotEqualsIfExists: { "aws:PrincipalOrgID": organizationId },
        BoolIfExists: { "aws:PrincipalIsAWSService": "false" },
      },
    },
    {
      Sid: "OurForgeOnly",
      Effect: "Deny",
      Principal: "*",
      Action: "sts:AssumeRoleWithWebIdentity",
      Resource: "*",
      Condition: { StringNotEqualsIfExists: { [`${forge.issuer}:sub`]: forge.subject } },
    },
    { Sid: "NoSaml", Effect: "Deny", Principal: "*", Action: "sts:AssumeRoleWithSAML", Resource: "*" },
    {
      Sid: "TlsOnly",
      Effect: "Deny",
      Principal: "*",
      Action: [...guarded, "sts:*"],
      Resource: "*",
      Condition: { BoolIfExists: { "aws:SecureTransport": "false" } },
    },
    {
      Sid: "RecentTlsOnly",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: "*",
      Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
    },
    {
      Sid: "ServicesActForUsOnly",
      Effect: "Deny",
      Principal: "*",
      Action: guarded,
      Resource: "*",
      Condition: {
        StringNotEqualsIfExists: { "aws:SourceOrgID": organizationId },
        Null: { "aws:SourceAccount": "false" },
        Bool: { "aws:PrincipalIsAWSService": "true" },
      },
    },
  );
}
