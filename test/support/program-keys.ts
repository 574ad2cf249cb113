import { type Config, readConfig, readKmsNames } from "../../src/main/config.ts";
import { keyFolder, keyPath } from "../../src/main/keys/key-paths.ts";
import { kmsSettings, kmsSigningKey } from "../../src/main/settings/kms-settings.ts";
import { awsKmsOpeningKeys } from "../../src/vault/keys/aws-kms/aws-opening.ts";
import { awsKmsSigningKeys } from "../../src/vault/keys/aws-kms/aws-signing.ts";
import { localOpeningHalf } from "../../src/vault/keys/local/opening.ts";
import { localSigningKeys } from "../../src/vault/keys/local/signing.ts";
import type { OpeningKeys, SigningKeys } from "../../src/vault/keys/provider.ts";

/** The keys of a program, in its folder or in KMS, for a test that looks at what they open and sign. */
export class ProgramKeys {
  readonly #config: Config;
  readonly #env: NodeJS.ProcessEnv;

  /** @param env of the program. */
  constructor(env: NodeJS.ProcessEnv) {
    this.#config = readConfig(env);
    this.#env = env;
  }

  async opening(): Promise<OpeningKeys> {
    if (this.#isInKms) return awsKmsOpeningKeys(kmsSettings(this.#config.aws, readKmsNames(this.#env)));
    return localOpeningHalf(keyFolder(this.#config.dataDir));
  }

  async signing(): Promise<SigningKeys> {
    const names = readKmsNames(this.#env);
    if (this.#isInKms) return awsKmsSigningKeys(kmsSettings(this.#config.aws, names), kmsSigningKey(names));
    return localSigningKeys(keyPath(this.#config.dataDir, "signing"));
  }

  get #isInKms(): boolean {
    return this.#config.keys === "aws-kms";
  }
}
