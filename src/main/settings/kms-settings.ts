import type { AwsConnection } from "../../aws/connection.ts";
import type { AwsKmsSettings } from "../../vault/keys/aws-kms/settings.ts";
import { readKmsNames } from "../config.ts";
import type { KmsNames } from "./kms-names-settings.ts";
import { ConfigError } from "./setting.ts";

/** @throws {ConfigError} where a key is not named. */
export function kmsSettings(connection: AwsConnection, names: KmsNames = readKmsNames()): AwsKmsSettings {
  const { keys, derivationKeys, derivationSecrets } = names;
  if (keys.size === 0) throw new ConfigError("PARCELKEEP_KMS_KEYS must name a key of AWS KMS for each epoch, such as 1=arn:aws-eusc:kms:…");
  if (derivationKeys.size === 0) throw new ConfigError("PARCELKEEP_KMS_DERIVATION_KEYS must name the key that index keys are derived from");
  for (const epoch of derivationSecrets.keys()) {
    if (!derivationKeys.has(epoch))
      throw new ConfigError(`PARCELKEEP_KMS_DERIVATION_KEYS must name the key of the secret of epoch ${epoch}`);
  }
  return {
    ...connection,
    keys,
    derivation: new Map(
      Array.from(derivationKeys, ([epoch, key]) => [epoch, { key, wrappedSecret: derivationSecrets.get(epoch) ?? null }]),
    ),
  };
}

/** @throws {ConfigError} where no key is named. */
export function kmsSigningKey({ signingKey }: KmsNames = readKmsNames()): string {
  if (signingKey === null) throw new ConfigError("PARCELKEEP_KMS_SIGNING_KEY must name the key that signs");
  return signingKey;
}
