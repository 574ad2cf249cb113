import { addLocalEpoch, retireLocalEpochs } from "../../vault/keys/local/key-folder.ts";
import { addPkcs11Epoch, retirePkcs11Epochs } from "../../vault/keys/pkcs11/setup.ts";
import { KeyError } from "../../vault/keys/provider.ts";
import { type Config, readTokenLogin, type TokenLogin } from "../config.ts";
import { keyFolder } from "./key-paths.ts";
import type { KeyPower } from "./key-powers.ts";
import { sealingKeysOf } from "./sealing-keys.ts";

/** The roots of the keys, in the hands of who rotates them. One caller at a time: the rotation lock of the database sees to that. */
export interface KeyRoots {
  /** The epoch that new wraps are made for. @throws {KeyError} */
  currentEpoch(): Promise<number>;
  /**
   * Makes a root and with it an epoch, which is then the current one. A key service makes none by itself: there the new key is named in the settings,
   * and is the current one already. May be repeated when it was cut short.
   * @throws {KeyError}
   */
  addEpoch(): Promise<number>;
  /** Destroys what opens the wraps of the epochs before this one. May be repeated. @throws {KeyError} */
  retireBefore(epoch: number): Promise<void>;
}

/** @throws {KeyError} @throws {ConfigError} */
export function keyRootsOf(config: Config): KeyRoots {
  const currentEpoch = async (): Promise<number> => (await sealingKeysOf(config)).currentEpoch;
  switch (config.keys) {
    case "local": {
      const folder = keyFolder(config.dataDir);
      return { currentEpoch, addEpoch: () => addLocalEpoch(folder), retireBefore: (epoch) => retireLocalEpochs(folder, epoch) };
    }
    case "pkcs11": {
      const logins = (): Record<KeyPower, TokenLogin> => ({
        sealing: readTokenLogin("sealing"),
        opening: readTokenLogin("opening"),
        resolving: readTokenLogin("resolving"),
        signing: readTokenLogin("signing"),
      });
      return {
        currentEpoch,
        addEpoch: () => addPkcs11Epoch(logins()),
        retireBefore: (epoch) => retirePkcs11Epochs(logins(), epoch),
      };
    }
    case "aws-kms":
      return {
        currentEpoch,
        addEpoch: async () => {
          const next = (await currentEpoch()) + 1;
          throw new KeyError("unknown-epoch", `name a new KMS key for epoch ${next} in the settings of every process first`);
        },
        // What destroys a KMS key is its owner's decision, and takes KMS a week or more. That the database refuses the epoch is done already.
        retireBefore: async (epoch) => {
          const { minimumEpoch } = await (await sealingKeysOf(config)).describe();
          if (minimumEpoch >= epoch) return;
          throw new KeyError("wrong-provider", `schedule the deletion of the keys before epoch ${epoch} and take them out of the settings`);
        },
      };
  }
}
