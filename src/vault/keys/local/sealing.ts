import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { subkey } from "../../../domain/keyed-hash.ts";
import { sealTo, x25519PublicKey } from "../hpke.ts";
import { contextBytes, dataKeyBytes, type KeyContext, KeyError, rootOf, type SealingKeys } from "../provider.ts";
import { describeFiles } from "./description.ts";
import { epochKeys, readKeyFile, refuseRetired } from "./key-file.ts";
import { packWrap, wrapInfo } from "./wrap-format.ts";

/**
 * The sealing half of keys in files, for laptops and tests: wraps are made under the X25519 public key of epoch and root by HPKE (RFC 9180) with the context as
 * additional data, so whoever holds this file can make wraps and cannot open one.
 * @param path of `sealing.json`, mode 0600: its derivation secrets find values again.
 * @throws {KeyError} `bad-key-file`, `unavailable`
 */
export async function localSealingKeys(path: string): Promise<SealingKeys> {
  const file = await readKeyFile(path, ["publicKey", "resolvingPublicKey", "derivationSecret"]);
  const epochs = new Map(
    [...epochKeys(file)].map(([epoch, { publicKey, resolvingPublicKey, derivationSecret }]) => [
      epoch,
      { recipients: { opening: x25519PublicKey(publicKey), resolving: x25519PublicKey(resolvingPublicKey) }, derivationSecret },
    ]),
  );
  const keysOf = (epoch: number) => {
    const keys = epochs.get(epoch);
    if (keys === undefined) throw new KeyError("unknown-epoch", `there is no root for epoch ${epoch}`);
    return keys;
  };
  const wrap = (dataKey: Uint8Array, context: KeyContext): Buffer => {
    refuseRetired(context.epoch, file);
    return packWrap(sealTo(keysOf(context.epoch).recipients[rootOf[context.purpose]], wrapInfo, contextBytes(context), dataKey));
  };
  return {
    provider: "local",
    currentEpoch: file.currentEpoch,
    generateDataKey: async (context) => {
      const plaintext = randomBytes(dataKeyBytes);
      return { plaintext, wrapped: wrap(plaintext, context) };
    },
    wrap: async (dataKey, context) => wrap(dataKey, context),
    derive: async (label, epoch = 1) => subkey(keysOf(epoch).derivationSecret, `derive|${label}`),
    describe: async () => describeFiles(dirname(path), file),
  };
}
