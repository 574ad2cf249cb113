import { arnsOf } from "../arn.ts";
import { accountsOf, type PolicyContext, type RoleName } from "../context.ts";
import type { Conditions, Statement } from "../document.ts";

/** Every use of a key's material. */
export const usingActions = [
  "kms:Encrypt",
  "kms:Decrypt",
  "kms:ReEncrypt*",
  "kms:GenerateDataKey*",
  "kms:GenerateMac",
  "kms:VerifyMac",
  "kms:Sign",
];

/** Everything that changes a key or who may use it. */
export const administeringActions = [
  "kms:PutKeyPolicy",
  "kms:EnableKey",
  "kms:DisableKey",
  "kms:ScheduleKeyDeletion",
  "kms:CancelKeyDeletion",
  "kms:ReplicateKey",
  "kms:UpdateKeyDescription",
  "kms:TagResource",
  "kms:UntagResource",
];

/**
 * Principal and condition that name roles. A principal that does not exist yet makes KMS refuse a policy, and one that is made anew is another one; so the account is the
 * principal and the role a condition. The account's own policies must allow the call as well.
 */
export function forRoles(
  context: PolicyContext,
  roles: readonly RoleName[],
  condition: Conditions = {},
): Pick<Statement, "Principal" | "Resource" | "Condition"> {
  const arns = arnsOf(context);
  const accounts = [...new Set(roles.flatMap(accountsOf))];
  return {
    Principal: { AWS: accounts.map((account) => arns.accountRoot(account)) },
    Resource: "*",
    Condition: {
      ...condition,
      ArnEquals: {
        ...condition["ArnEquals"],
        "aws:PrincipalArn": roles.flatMap((role) => accountsOf(role).map((account) => arns.role(role, account))),
      },
    },
  };
}

/** Administering and using a key are apart, in every key. */
export function separation(context: PolicyContext): readonly Statement[] {
  const arns = arnsOf(context);
  const administrators = [arns.role("key-administrator"), arns.role("break-glass")];
  return [
    {
      Sid: "Administer",
      Effect: "Allow",
      Action: [
        "kms:DescribeKey",
        "kms:EnableKey",
        "kms:EnableKeyRotation",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListGrants",
        "kms:ListResourceTags",
        "kms:PutKeyPolicy",
        "kms:RevokeGrant",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:UpdateKeyDescription",
        "kms:CreateAlias",
        "kms:UpdateAlias",
        "kms:DeleteAlias",
      ],
      ...forRoles(context, ["key-administrator"]),
    },
    {
      // What CloudFormation asks of a key that it has just made, and nothing that changes who may use it.
      Sid: "PutUp",
      Effect: "Allow",
      Principal: { AWS: arns.accountRoot("security") },
      Action: [
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:EnableKeyRotation",
        "kms:ListResourceTags",
        "kms:CreateAlias",
      ],
      Resource: "*",
      Condition: { ArnEquals: { "aws:PrincipalArn": [arns.role("deployer", "security"), arns.role("key-maker")] } },
    },
    {
      Sid: "BreakGlass",
      Effect: "Allow",
      Action: ["kms:DescribeKey", "kms:DisableKey", "kms:EnableKey", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"],
      ...forRoles(context, ["break-glass"]),
    },
    {
      Sid: "UsersDoNotAdminister",
      Effect: "Deny",
      Principal: "*",
      Action: administeringActions,
      Resource: "*",
      Condition: { ArnNotEquals: { "aws:PrincipalArn": administrators }, Bool: { "aws:PrincipalIsAWSService": "false" } },
    },
    {
      Sid: "AdministratorsDoNotUse",
      Effect: "Deny",
      Principal: "*",
      Action: usingActions,
      Resource: "*",
      Condition: { ArnEquals: { "aws:PrincipalArn": [...administrators, arns.role("key-maker")] } },
    },
  ];
}

/** The vault's own keys are used through our KMS endpoint and from nowhere else. */
export function throughOurEndpoint({ endpoints }: PolicyContext): Statement {
  return {
    Sid: "ThroughOurEndpoint",
    Effect: "Deny",
    Principal: "*",
    Action: usingActions,
    Resource: "*",
    Condition: { StringNotEquals: { "aws:SourceVpce": endpoints.kms } },
  };
}

export const noGrants: Statement = { Sid: "NoGrants", Effect: "Deny", Principal: "*", Action: "kms:CreateGrant", Resource: "*" };
