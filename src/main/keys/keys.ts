import { createLocalKeys } from "../../vault/keys/local/key-folder.ts";
import { describePkcs11 } from "../../vault/keys/pkcs11/description.ts";
import { createPkcs11Roots } from "../../vault/keys/pkcs11/setup.ts";
import { KeyError, type ProviderDescription } from "../../vault/keys/provider.ts";
import { type Config, hasTokenLogin, readTokenLogin } from "../config.ts";
import { keyFolder } from "./key-paths.ts";
import { kmsSettings } from "../settings/kms-settings.ts";
import { openingKeysOf, resolvingKeysOf } from "../releases/opening-keys.ts";
import { sealingKeysOf } from "./sealing-keys.ts";

/** What `keys preflight` tells: each half as its own login or file shows it; null where this process was given none. */
export interface KeysReport {
  readonly sealing: ProviderDescription | null;
  readonly opening: ProviderDescription | null;
  /** What the process that asks carriers may open. */
  readonly resolving: ProviderDescription | null;
}

/**
 * Asks the provider now. Whoever may run this with both halves can open everything: an operator gives it the sealing half alone where that will do.
 * @throws {KeyError} @throws {ConfigError}
 */
export async function describeKeys(config: Config): Promise<KeysReport> {
  switch (config.keys) {
    case "local":
      return {
        sealing: await (await sealingKeysOf(config)).describe(),
        opening: await orNull(async () => (await openingKeysOf(config)).describe()),
        resolving: await orNull(async () => (await resolvingKeysOf(config)).describe()),
      };
    case "pkcs11":
      return {
        sealing: hasTokenLogin("sealing") ? await describePkcs11(readTokenLogin("sealing"), "sealing") : null,
        opening: hasTokenLogin("opening") ? await describePkcs11(readTokenLogin("opening"), "opening") : null,
        resolving: hasTokenLogin("resolving") ? await describePkcs11(readTokenLogin("resolving"), "resolving") : null,
      };
    case "aws-kms": {
      const { describeKmsHalves } = await import("../../vault/keys/aws-kms/aws-preflight.ts");
      return describeKmsHalves(kmsSettings(config.aws));
    }
  }
}

/**
 * Makes the root keys unless they are there. For tokens it needs all logins.
 * @returns the current epoch.
 * @throws {KeyError} @throws {ConfigError}
 */
export async function initKeys(config: Config): Promise<number> {
  switch (config.keys) {
    case "local":
      await createLocalKeys(keyFolder(config.dataDir));
      return (await sealingKeysOf(config)).currentEpoch;
    case "pkcs11":
      return createPkcs11Roots({
        sealing: readTokenLogin("sealing"),
        opening: readTokenLogin("opening"),
        resolving: readTokenLogin("resolving"),
        signing: readTokenLogin("signing"),
      });
    case "aws-kms":
      throw new KeyError("wrong-provider", "keys in AWS KMS are made by the account's owner (docs/operations/keys-aws.md)");
  }
}

/** A host that seals has no opening file, and is right. */
async function orNull(ask: () => Promise<ProviderDescription>): Promise<ProviderDescription | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof KeyError && error.code === "unavailable") return null;
    throw error;
  }
}
