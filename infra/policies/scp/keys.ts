import { arnsOf } from "../arn.ts";
import type { PolicyContext } from "../context.ts";
import { policy, type PolicyDocument } from "../document.ts";

/** KMS waits this long at most (API reference, ScheduleKeyDeletion: 7 to 30). */
const deletionWindowDays = 30;

/** Keys stay, stay single-Region, and change hands nowhere. */
export function keyGuard(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  return policy(
    {
      Sid: "KeysStay",
      Effect: "Deny",
      Action: [
        "kms:ScheduleKeyDeletion",
        "kms:DisableKey",
        "kms:DeleteImportedKeyMaterial",
        "kms:DeleteCustomKeyStore",
        "kms:DisconnectCustomKeyStore",
        "kms:UpdateCustomKeyStore",
        "kms:DisableKeyRotation",
      ],
      Resource: "*",
      Condition: { ArnNotEquals: { "aws:PrincipalArn": arns.role("break-glass") } },
    },
    {
      Sid: "KeysGoSlowly",
      Effect: "Deny",
      Action: "kms:ScheduleKeyDeletion",
      Resource: "*",
      Condition: { NumericLessThan: { "kms:ScheduleKeyDeletionPendingWindowInDays": String(deletionWindowDays) } },
    },
    {
      Sid: "NoKeyPoliciesByOthers",
      Effect: "Deny",
      Action: ["kms:PutKeyPolicy", "kms:EnableKey", "kms:CancelKeyDeletion", "kms:UpdateAlias", "kms:DeleteAlias"],
      Resource: "*",
      Condition: { ArnNotEquals: { "aws:PrincipalArn": [arns.role("key-administrator"), arns.role("break-glass")] } },
    },
    // The deployer of the security account makes keys with their whole policy, in which it has no place, and can do nothing with them afterwards.
    {
      Sid: "NoKeysByOthers",
      Effect: "Deny",
      Action: ["kms:CreateKey", "kms:CreateCustomKeyStore", "kms:ConnectCustomKeyStore", "kms:ImportKeyMaterial"],
      Resource: "*",
      Condition: {
        ArnNotEquals: { "aws:PrincipalArn": [arns.role("key-administrator"), arns.role("key-maker"), arns.role("deployer", "security")] },
      },
    },
    {
      Sid: "NoKeysOfAnotherOrigin",
      Effect: "Deny",
      Action: "kms:CreateKey",
      Resource: "*",
      Condition: { StringNotEquals: { "kms:KeyOrigin": context.keyOrigins } },
    },
    {
      Sid: "NoMultiRegionKeys",
      Effect: "Deny",
      Action: "kms:CreateKey",
      Resource: "*",
      Condition: { Bool: { "kms:MultiRegion": "true" } },
    },
    {
      Sid: "NoLockoutBypass",
      Effect: "Deny",
      Action: "kms:PutKeyPolicy",
      Resource: "*",
      Condition: { Bool: { "kms:BypassPolicyLockoutSafetyCheck": "true" } },
    },
    {
      Sid: "NoGrantsButOfServices",
      Effect: "Deny",
      Action: "kms:CreateGrant",
      Resource: "*",
      Condition: { Bool: { "kms:GrantIsForAWSResource": "false" } },
    },
  );
}
