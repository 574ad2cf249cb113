import { arnsOf } from "../arn.ts";
import type { PolicyContext, RoleName } from "../context.ts";
import { policy, type PolicyDocument } from "../document.ts";
import { purposes, resolvedPurposes, vaultContext } from "../roles/statements.ts";
import { forRoles, noGrants, separation, throughOurEndpoint } from "./statements.ts";

/** Of the wrapping key of an epoch: it wraps the data keys of raw records, personal values, tracking numbers and credentials, told apart by the context's purpose. */
export function wrappingKeyPolicy(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  const rekeyer: readonly RoleName[] = context.rotating ? ["rekeyer"] : [];
  const openers: readonly RoleName[] = ["opener", "outbound", ...rekeyer];
  return policy(
    ...separation(context),
    {
      Sid: "Seal",
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Encrypt"],
      ...forRoles(context, ["front", ...rekeyer], vaultContext(purposes)),
    },
    {
      Sid: "OpenForOneGrant",
      Effect: "Allow",
      Action: "kms:Decrypt",
      ...forRoles(context, ["opener"], {
        StringEquals: { "kms:EncryptionContext:purpose": purposes, "kms:EncryptionContext:tenant": "${aws:PrincipalTag/tenant}" },
        Null: { "aws:PrincipalTag/grant": "false", "aws:PrincipalTag/tenant": "false" },
      }),
    },
    {
      Sid: "Resolve",
      Effect: "Allow",
      Action: "kms:Decrypt",
      ...forRoles(context, ["outbound"], {
        StringEquals: { "kms:EncryptionContext:purpose": resolvedPurposes },
        Null: { "kms:EncryptionContext:tenant": "false" },
      }),
    },
    ...(context.rotating
      ? [
          {
            Sid: "Rewrap",
            Effect: "Allow" as const,
            Action: "kms:Decrypt",
            ...forRoles(context, rekeyer, { StringEquals: { "kms:EncryptionContext:purpose": purposes } }),
          },
        ]
      : []),
    { Sid: "Look", Effect: "Allow", Action: "kms:DescribeKey", ...forRoles(context, ["front", "opener", "outbound", "rekeyer"]) },
    {
      Sid: "NobodyElseOpens",
      Effect: "Deny",
      Principal: "*",
      Action: ["kms:Decrypt", "kms:ReEncrypt*"],
      Resource: "*",
      Condition: { ArnNotEquals: { "aws:PrincipalArn": openers.map((role) => arns.role(role)) } },
    },
    {
      Sid: "NoGrantNoOpening",
      Effect: "Deny",
      Principal: "*",
      Action: "kms:Decrypt",
      Resource: "*",
      Condition: { ArnEquals: { "aws:PrincipalArn": arns.role("opener") }, Null: { "aws:PrincipalTag/grant": "true" } },
    },
    {
      Sid: "NoDataKeysThatNobodySeals",
      Effect: "Deny",
      Principal: "*",
      Action: ["kms:GenerateDataKeyPair*", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncrypt*"],
      Resource: "*",
    },
    noGrants,
    throughOurEndpoint(context),
  );
}

/** Of the key that index keys come from. */
export function derivationKeyPolicy(context: PolicyContext): PolicyDocument {
  const roles: readonly RoleName[] = ["front", "outbound", "rekeyer"];
  const derive =
    context.derivation === "provider-hmac"
      ? {
          Sid: "Derive",
          Effect: "Allow" as const,
          Action: "kms:GenerateMac",
          ...forRoles(context, roles, { StringEquals: { "kms:MacAlgorithm": "HMAC_SHA_256" } }),
        }
      : {
          Sid: "Derive",
          Effect: "Allow" as const,
          Action: "kms:Decrypt",
          ...forRoles(context, roles, {
            StringEquals: { "kms:EncryptionContext:purpose": "derivation-root" },
            "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["purpose", "epoch"] },
          }),
        };
  return policy(
    ...separation(context),
    derive,
    { Sid: "Look", Effect: "Allow", Action: "kms:DescribeKey", ...forRoles(context, [...roles, "opener"]) },
    noGrants,
    throughOurEndpoint(context),
  );
}

/** Of the key that signs checkpoints and proofs. */
export function signingKeyPolicy(context: PolicyContext): PolicyDocument {
  return policy(
    ...separation(context),
    {
      Sid: "Sign",
      Effect: "Allow",
      Action: ["kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"],
      ...forRoles(context, ["sequencer", "keeper"]),
    },
    { Sid: "Verify", Effect: "Allow", Action: "kms:GetPublicKey", ...forRoles(context, ["auditor"]) },
    noGrants,
    throughOurEndpoint(context),
  );
}
