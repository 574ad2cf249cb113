import { join } from "node:path";
import { localSealingKeys } from "../vault/keys/local/sealing.ts";
import type { SealingKeys } from "../vault/keys/provider.ts";
import type { Config } from "./config.ts";

/** The sealing half of the keys, for processes that face the network. @throws {KeyError} */
export async function sealingKeysOf(config: Config): Promise<SealingKeys> {
  return localSealingKeys(join(config.dataDir, "keys", "sealing.json"));
}
