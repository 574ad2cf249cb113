import { referenceContext as context } from "../../policies/reference-context.ts";

/** What requests bring, by name, so that a row of the table can be read. */

const tenant = "4f1dcc16-9b5b-43aa-892e-d28f71ac7047";
const otherTenant = "77d0f6f4-2a0e-4c1b-9d52-6d4d0c0b8a11";
const grant = "0b9c1c6e-5f0b-4b0e-8f2f-8f5f2d6a1c33";

/** A context of the vault (src/vault/keys/aws-kms/context.ts). */
export function sealedFor(purpose: string): Record<string, string | readonly string[]> {
  return {
    "kms:EncryptionContext:tenant": tenant,
    "kms:EncryptionContext:purpose": purpose,
    "kms:EncryptionContext:epoch": "1",
    "kms:EncryptionContextKeys": ["tenant", "purpose", "epoch"],
  };
}

/** The session of an opener that was started for a grant. */
export const withGrant = { "aws:PrincipalTag/grant": grant, "aws:PrincipalTag/tenant": tenant };
export const withGrantOfAnotherTenant = { "aws:PrincipalTag/grant": grant, "aws:PrincipalTag/tenant": otherTenant };

/** What a starter asks for when it becomes an opener. */
export const askingForGrant = { "aws:RequestTag/grant": grant, "aws:RequestTag/tenant": tenant, "aws:TagKeys": ["grant", "tenant"] };

/** The secret that index keys come from, where KMS makes no HMAC (src/vault/keys/aws-kms/context.ts, derivationContext). */
export const derivationSecret = {
  "kms:EncryptionContext:purpose": "derivation-root",
  "kms:EncryptionContext:epoch": "1",
  "kms:EncryptionContextKeys": ["purpose", "epoch"],
};

export const hmac = { "kms:MacAlgorithm": "HMAC_SHA_256" };
export const viaS3 = { "kms:ViaService": `s3.${context.region}.amazonaws.com` };
export const viaS3OfTheSovereignSuffix = { "kms:ViaService": `s3.${context.region}.amazonaws.eu` };
export const viaSqs = { "kms:ViaService": `sqs.${context.region}.amazonaws.com` };
export const viaSns = { "kms:ViaService": `sns.${context.region}.amazonaws.com` };
export const viaSecrets = { "kms:ViaService": `secretsmanager.${context.region}.amazonaws.com` };
export const viaScheduler = { "kms:ViaService": `scheduler.${context.region}.amazonaws.com` };
export const viaRds = { "kms:ViaService": `rds.${context.region}.amazonaws.com` };

/** S3's call to the key of an object. */
export function ofObjectIn(bucket: keyof typeof context.buckets): Record<string, string> {
  return { ...viaS3, "kms:EncryptionContext:aws:s3:arn": `arn:${context.partition}:s3:::${context.buckets[bucket]}` };
}

export function under(key: Exclude<keyof typeof context.keys, "wrapping">): Record<string, string> {
  return { "s3:x-amz-server-side-encryption-aws-kms-key-id": context.keys[key] };
}

export const underAStrangersKey = {
  "s3:x-amz-server-side-encryption-aws-kms-key-id": `arn:${context.partition}:kms:${context.region}:999999999999:key/99999999-9999-4999-8999-999999999999`,
};

export const locked = { "s3:object-lock-mode": "COMPLIANCE" };
export const lockedSoftly = { "s3:object-lock-mode": "GOVERNANCE" };
export const abroad = { "aws:RequestedRegion": "eu-central-1" };
export const byToken = { "aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "60" };
