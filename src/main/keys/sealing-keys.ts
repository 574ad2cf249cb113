import { stat } from "node:fs/promises";
import { localSealingKeys } from "../../vault/keys/local/sealing.ts";
import { pkcs11SealingKeys } from "../../vault/keys/pkcs11/sealing.ts";
import type { SealingKeys } from "../../vault/keys/provider.ts";
import { type Config, readTokenLogin } from "../config.ts";
import { keyPath } from "./key-paths.ts";
import { kmsSettings } from "../settings/kms-settings.ts";

/** A sealing half that learns of new and retired epochs while the process runs. */
export interface LiveSealingKeys extends SealingKeys {
  /** Learns of them where there are any. What was held stays where that fails. @throws {KeyError} */
  refresh(): Promise<void>;
}

/**
 * The sealing half of the keys, for processes that face the network. This file reaches no opening half (a test walks its imports); what counts is that its
 * file, login or role does not suffice for one.
 * @throws {KeyError}
 * @throws {ConfigError}
 */
export async function sealingKeysOf(config: Config): Promise<LiveSealingKeys> {
  switch (config.keys) {
    case "local":
      return liveLocalKeys(keyPath(config.dataDir, "sealing"));
    case "pkcs11":
      return pkcs11SealingKeys(readTokenLogin("sealing"));
    case "aws-kms": {
      // Loaded where it is used: the SDK takes 150 ms and 28 MB.
      const { awsKmsSealingKeys } = await import("../../vault/keys/aws-kms/aws-sealing.ts");
      // Which keys there are is a setting: a process learns of a new one when it is started again.
      return { ...awsKmsSealingKeys(kmsSettings(config.aws)), refresh: async () => {} };
    }
  }
}

async function liveLocalKeys(path: string): Promise<LiveSealingKeys> {
  let seen = await stampOf(path);
  let held = await localSealingKeys(path);
  return {
    provider: held.provider,
    get currentEpoch() {
      return held.currentEpoch;
    },
    generateDataKey: (context) => held.generateDataKey(context),
    wrap: (dataKey, context) => held.wrap(dataKey, context),
    derive: (label, epoch) => held.derive(label, epoch),
    describe: () => held.describe(),
    refresh: async () => {
      const stamp = await stampOf(path);
      if (stamp === seen) return;
      held = await localSealingKeys(path);
      seen = stamp;
    },
  };
}

/** A key file is replaced and never written to, so another one is another inode. */
async function stampOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  return found === null ? "" : `${found.ino}|${found.mtimeMs}|${found.size}`;
}
