import { localOpeningHalf, localOpeningKeys } from "../../vault/keys/local/opening.ts";
import { localSigningKeys } from "../../vault/keys/local/signing.ts";
import { openingByRoot } from "../../vault/keys/opening-by-root.ts";
import type { OpeningKeys, SigningKeys } from "../../vault/keys/provider.ts";
import { type Config, hasTokenLogin, readTokenLogin } from "../config.ts";
import { keyFolder, keyPath } from "../keys/key-paths.ts";
import { kmsSettings, kmsSigningKey } from "../settings/kms-settings.ts";

/** The opening half of the keys, for the opener alone. @throws {KeyError} @throws {ConfigError} */
export async function openingKeysOf(config: Config): Promise<OpeningKeys> {
  switch (config.keys) {
    case "local":
      return localOpeningHalf(keyFolder(config.dataDir));
    case "pkcs11":
      return pkcs11OpeningHalf();
    case "aws-kms": {
      const { awsKmsOpeningKeys } = await import("../../vault/keys/aws-kms/aws-opening.ts");
      return awsKmsOpeningKeys(kmsSettings(config.aws));
    }
  }
}

/** The root of tracking numbers alone, for the process that asks carriers. @throws {KeyError} @throws {ConfigError} */
export async function resolvingKeysOf(config: Config): Promise<OpeningKeys> {
  switch (config.keys) {
    case "local":
      return openingByRoot({ resolving: await localOpeningKeys(keyPath(config.dataDir, "resolving")) });
    case "pkcs11": {
      const { pkcs11OpeningKeys } = await import("../../vault/keys/pkcs11/opening.ts");
      return openingByRoot({ resolving: await pkcs11OpeningKeys(readTokenLogin("resolving"), undefined, "resolving") });
    }
    case "aws-kms": {
      // One key has both roots there: the policy of this process's role names the purposes that it may open.
      const { awsKmsOpeningKeys } = await import("../../vault/keys/aws-kms/aws-opening.ts");
      return openingByRoot({ resolving: awsKmsOpeningKeys(kmsSettings(config.aws)) });
    }
  }
}

/**
 * Both roots. A process has one login on a token with several users; there the user who opens has been given a share of the keys that resolve, and sees
 * them under its own login.
 */
async function pkcs11OpeningHalf(): Promise<OpeningKeys> {
  // Loaded where there is a token: an opener starts for each grant, and this is a tenth of its start.
  const { pkcs11OpeningKeys } = await import("../../vault/keys/pkcs11/opening.ts");
  const login = readTokenLogin("opening");
  const other = hasTokenLogin("resolving") ? readTokenLogin("resolving") : login;
  const resolving = other.tokenLabel === login.tokenLabel ? login : other;
  return openingByRoot({
    opening: await pkcs11OpeningKeys(login),
    resolving: await pkcs11OpeningKeys(resolving, undefined, "resolving"),
  });
}

/** The key that signs, for whoever speaks for the installation. @throws {KeyError} @throws {ConfigError} */
export async function signingKeysOf(config: Config): Promise<SigningKeys> {
  switch (config.keys) {
    case "local":
      return localSigningKeys(keyPath(config.dataDir, "signing"));
    case "pkcs11": {
      const { pkcs11SigningKeys } = await import("../../vault/keys/pkcs11/signing.ts");
      return pkcs11SigningKeys(readTokenLogin("signing"));
    }
    case "aws-kms": {
      const { awsKmsSigningKeys } = await import("../../vault/keys/aws-kms/aws-signing.ts");
      return awsKmsSigningKeys(kmsSettings(config.aws), kmsSigningKey());
    }
  }
}
