import { localOpeningKeys } from "../vault/keys/local/opening.ts";
import { localSigningKeys } from "../vault/keys/local/signing.ts";
import { pkcs11OpeningKeys } from "../vault/keys/pkcs11/opening.ts";
import { pkcs11SigningKeys } from "../vault/keys/pkcs11/signing.ts";
import type { OpeningKeys, SigningKeys } from "../vault/keys/provider.ts";
import { type Config, readTokenLogin } from "./config.ts";
import { openingKeyPath, signingKeyPath } from "./key-paths.ts";
import { kmsSettings, kmsSigningKey } from "./kms-settings.ts";

/** The opening half of the keys, for the opener alone. @throws {KeyError} @throws {ConfigError} */
export async function openingKeysOf(config: Config): Promise<OpeningKeys> {
  switch (config.keys) {
    case "local":
      return localOpeningKeys(openingKeyPath(config.dataDir));
    case "pkcs11":
      return pkcs11OpeningKeys(readTokenLogin("opening"));
    case "aws-kms": {
      const { awsKmsOpeningKeys } = await import("../vault/keys/aws-kms/aws-opening.ts");
      return awsKmsOpeningKeys(kmsSettings());
    }
  }
}

/** The key that signs, for whoever speaks for the installation. @throws {KeyError} @throws {ConfigError} */
export async function signingKeysOf(config: Config): Promise<SigningKeys> {
  switch (config.keys) {
    case "local":
      return localSigningKeys(signingKeyPath(config.dataDir));
    case "pkcs11":
      return pkcs11SigningKeys(readTokenLogin("signing"));
    case "aws-kms": {
      const { awsKmsSigningKeys } = await import("../vault/keys/aws-kms/aws-signing.ts");
      return awsKmsSigningKeys(kmsSettings(), kmsSigningKey());
    }
  }
}
