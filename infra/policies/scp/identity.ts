import { arnsOf } from "../arn.ts";
import type { PolicyContext } from "../context.ts";
import { policy, type PolicyDocument } from "../document.ts";

/** What root alone can do: switch MFA Delete on, and undo a bucket policy that shut everybody out. */
export const rootMay = ["s3:PutBucketVersioning", "s3:GetBucketVersioning", "s3:ListAllMyBuckets", "s3:DeleteBucketPolicy"];

/** Roles instead of users; nobody makes themselves a stronger role. */
export function identityGuard(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  const deployer = arns.role("deployer", "*");
  const root = arns.global("iam", "*", "root");
  return policy(
    {
      Sid: "AccountsStay",
      Effect: "Deny",
      Action: ["organizations:LeaveOrganization", "account:CloseAccount", "account:EnableRegion"],
      Resource: "*",
    },
    {
      Sid: "NoLongLivedCredentials",
      Effect: "Deny",
      Action: [
        "iam:CreateAccessKey",
        "iam:CreateServiceSpecificCredential",
        "iam:UploadSSHPublicKey",
        "iam:UploadSigningCertificate",
        "iam:UploadServerCertificate",
        "sts:GetFederationToken",
      ],
      Resource: "*",
    },
    {
      Sid: "NoUsers",
      Effect: "Deny",
      Action: [
        "iam:CreateUser",
        "iam:CreateLoginProfile",
        "iam:UpdateLoginProfile",
        "iam:AttachUserPolicy",
        "iam:PutUserPolicy",
        "iam:DeactivateMFADevice",
      ],
      Resource: "*",
      // Those who hold the hardware tokens are made once, before this policy is attached, and again by the break-glass role.
      Condition: { ArnNotEquals: { "aws:PrincipalArn": arns.role("break-glass") } },
    },
    { Sid: "RootRests", Effect: "Deny", NotAction: rootMay, Resource: "*", Condition: { ArnLike: { "aws:PrincipalArn": root } } },
    {
      Sid: "RootHasItsToken",
      Effect: "Deny",
      Action: rootMay,
      Resource: "*",
      Condition: { ArnLike: { "aws:PrincipalArn": root }, BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } },
    },
    {
      Sid: "RolesAreSetByTheDeployer",
      Effect: "Deny",
      Action: [
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:PutRolePolicy",
        "iam:DeleteRolePolicy",
        "iam:AttachRolePolicy",
        "iam:DetachRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
        "iam:CreatePolicyVersion",
        "iam:SetDefaultPolicyVersion",
        "iam:CreateOpenIDConnectProvider",
        "iam:UpdateOpenIDConnectProviderThumbprint",
        "iam:AddClientIDToOpenIDConnectProvider",
        "iam:CreateSAMLProvider",
        "iam:UpdateSAMLProvider",
      ],
      Resource: "*",
      Condition: { ArnNotLike: { "aws:PrincipalArn": deployer } },
    },
    {
      Sid: "RolesHaveTheirBoundary",
      Effect: "Deny",
      Action: ["iam:CreateRole", "iam:PutRolePermissionsBoundary"],
      Resource: "*",
      Condition: { ArnNotLike: { "iam:PermissionsBoundary": arns.global("iam", "*", `policy/${context.prefix}-boundary-*`) } },
    },
    {
      Sid: "BoundariesStay",
      Effect: "Deny",
      Action: ["iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"],
      Resource: "*",
    },
    {
      Sid: "ImagesComeFromThePipeline",
      Effect: "Deny",
      Action: [
        "ecr:PutImage",
        "ecr:PutImageTagMutability",
        "ecr:DeleteRepository",
        "ecr:SetRepositoryPolicy",
        "ecs:RegisterTaskDefinition",
      ],
      Resource: "*",
      Condition: { ArnNotLike: { "aws:PrincipalArn": [deployer, arns.role("ci", "*")] } },
    },
  );
}
