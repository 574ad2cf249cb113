import { KeyError, type KeyContext } from "../provider.ts";

/**
 * The context as KMS authenticates it. It stands in clear in CloudTrail and in policies (`kms:EncryptionContext:purpose`), so a tenant that
 * is no id is refused before it gets there.
 */
export function encryptionContext({ tenant, purpose, epoch }: KeyContext): Record<string, string> {
  if (!tenantForm.test(tenant)) throw new KeyError("wrong-provider", "a context names its tenant by id");
  return { tenant, purpose, epoch: String(epoch) };
}

/** Ids of this program are UUIDs (RFC 9562). */
const tenantForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Of the secret that derived keys come from, where KMS cannot derive by itself. No data key has this purpose. */
export function derivationContext(epoch: number): Record<string, string> {
  return { purpose: "derivation-root", epoch: String(epoch) };
}
