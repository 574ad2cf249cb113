import { localSealingKeys } from "../vault/keys/local/sealing.ts";
import { pkcs11SealingKeys } from "../vault/keys/pkcs11/sealing.ts";
import type { SealingKeys } from "../vault/keys/provider.ts";
import { type Config, readTokenLogin } from "./config.ts";
import { sealingKeyPath } from "./key-paths.ts";
import { kmsSettings } from "./kms-settings.ts";

/**
 * The sealing half of the keys, for processes that face the network. This file reaches no opening half (a test walks its imports); what counts is that its
 * file, login or role does not suffice for one.
 * @throws {KeyError}
 * @throws {ConfigError}
 */
export async function sealingKeysOf(config: Config): Promise<SealingKeys> {
  switch (config.keys) {
    case "local":
      return localSealingKeys(sealingKeyPath(config.dataDir));
    case "pkcs11":
      return pkcs11SealingKeys(readTokenLogin("sealing"));
    case "aws-kms": {
      // Loaded where it is used: the SDK takes 150 ms and 28 MB.
      const { awsKmsSealingKeys } = await import("../vault/keys/aws-kms/aws-sealing.ts");
      return awsKmsSealingKeys(kmsSettings());
    }
  }
}
