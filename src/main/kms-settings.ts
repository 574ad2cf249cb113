import { keyPlace } from "../vault/keys/aws-kms/key-arn.ts";
import type { AwsKmsSettings } from "../vault/keys/aws-kms/settings.ts";
import { ConfigError, type KmsNames, readKmsNames } from "./config.ts";

/**
 * The keys that the settings name, in a place that they allow.
 * @throws {ConfigError} @throws {KeyError} `wrong-provider`
 */
export function kmsSettings(names: KmsNames = readKmsNames()): AwsKmsSettings {
  const { region, allowed, keys, derivationKeys, derivationSecrets, endpoint } = names;
  if (keys.size === 0) throw new ConfigError("PARCELKEEP_KMS_KEYS must name a key of AWS KMS for each epoch, such as 1=arn:aws-eusc:kms:…");
  if (derivationKeys.size === 0) throw new ConfigError("PARCELKEEP_KMS_DERIVATION_KEYS must name the key that index keys are derived from");
  for (const epoch of derivationSecrets.keys()) {
    if (!derivationKeys.has(epoch))
      throw new ConfigError(`PARCELKEEP_KMS_DERIVATION_KEYS must name the key of the secret of epoch ${epoch}`);
  }
  return {
    place: keyPlace(region, allowed),
    emulator: endpoint === null ? null : { endpoint },
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
