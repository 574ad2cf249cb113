import { DecryptCommand, DryRunOperationException } from "@aws-sdk/client-kms";
import { encryptionContext } from "./context.ts";
import { askOf, connectKms } from "./aws-connection.ts";
import { awsKmsOpeningKeys } from "./aws-opening.ts";
import { awsKmsSealingKeys } from "./aws-sealing.ts";
import { type AwsKmsSettings, epochKeys } from "./settings.ts";
import { type KeyContext, KeyError, type KeyPurpose, type ProviderDescription } from "../provider.ts";

/** What the halves are for the role of this process; null for the half that it has no right to. */
export interface KmsHalves {
  readonly sealing: ProviderDescription | null;
  readonly opening: ProviderDescription | null;
  readonly resolving: ProviderDescription | null;
}

/** @throws {KeyError} */
export async function describeKmsHalves(settings: AwsKmsSettings): Promise<KmsHalves> {
  const told = await awsKmsOpeningKeys(settings).describe();
  const warned = (warning: string): ProviderDescription => ({ ...told, warnings: [...told.warnings, warning] });
  const opens = await mayOpen(settings, "personal-values");
  if (opens === null) {
    const untried = warned("A role that cannot seal has nothing to try on: what it may open is what its policy says.");
    return { sealing: null, opening: untried, resolving: untried };
  }
  const resolves = (await mayOpen(settings, "tracking-numbers")) === true;
  if (!opens && !resolves) return { sealing: told, opening: null, resolving: null };
  const both = warned("This role may seal and open: one that faces the network must not.");
  return { sealing: both, opening: opens ? both : null, resolving: resolves ? both : null };
}

/** Of no tenant (RFC 9562, section 5.9). */
const nobody = "00000000-0000-0000-0000-000000000000";

/**
 * Whether the role of this process may open what it can seal for a purpose, asked of KMS itself: a wrap of no tenant is made, and its Decrypt tried as a dry run.
 * @returns null where the role may not seal either, so that there is nothing to try it on.
 * @throws {KeyError}
 */
async function mayOpen(settings: AwsKmsSettings, purpose: KeyPurpose): Promise<boolean | null> {
  const keys = epochKeys(settings.place, settings.keys);
  const context: KeyContext = { tenant: nobody, purpose, epoch: keys.currentEpoch };
  const wrapped = await unlessDenied(async () => {
    const made = await awsKmsSealingKeys(settings).generateDataKey(context);
    made.plaintext.fill(0);
    return made.wrapped;
  });
  if (wrapped === null) return null;
  const client = connectKms(settings);
  const key = keys.of(keys.currentEpoch);
  const request = new DecryptCommand({ KeyId: key, CiphertextBlob: wrapped, EncryptionContext: encryptionContext(context), DryRun: true });
  const isAllowed = async (): Promise<true> => {
    try {
      await client.send(request);
    } catch (error) {
      // The answer to a dry run that would have succeeded.
      if (!(error instanceof DryRunOperationException)) throw error;
    }
    return true;
  };
  return (await unlessDenied(() => askOf(client, key, isAllowed))) ?? false;
}

async function unlessDenied<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof KeyError && error.code === "not-permitted") return null;
    throw error;
  }
}
