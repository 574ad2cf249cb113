import { createPrivateKey, type KeyObject } from "node:crypto";
import { dirname, join } from "node:path";
import { openFrom, x25519PublicKey, type X25519KeyPair } from "../hpke.ts";
import { openingByRoot } from "../opening-by-root.ts";
import { contextBytes, KeyError, type OpeningKeys } from "../provider.ts";
import { describeFiles } from "./description.ts";
import { epochKeys, readKeyFile, refuseRetired } from "./key-file.ts";
import { unpackWrap, wrapInfo } from "./wrap-format.ts";

/** The opening half of a folder that holds both roots. @throws {KeyError} `bad-key-file`, `unavailable` */
export async function localOpeningHalf(folder: string): Promise<OpeningKeys> {
  return openingByRoot({
    opening: await localOpeningKeys(join(folder, "opening.json")),
    resolving: await localOpeningKeys(join(folder, "resolving.json")),
  });
}

/**
 * One root of the opening half of keys in files: the X25519 private keys of the epochs that are not retired.
 * @param path of `opening.json` or `resolving.json`, mode 0600.
 * @throws {KeyError} `bad-key-file`, `unavailable`
 */
export async function localOpeningKeys(path: string): Promise<OpeningKeys> {
  const file = await readKeyFile(path, ["publicKey", "privateKey"]);
  const pairs = new Map([...epochKeys(file)].map(([epoch, keys]) => [epoch, pairOf(keys)]));
  return {
    provider: "local",
    unwrap: async (wrapped, context) => {
      refuseRetired(context.epoch, file);
      const pair = pairs.get(context.epoch);
      if (pair === undefined) throw new KeyError("unknown-epoch", `there is no root for epoch ${context.epoch}`);
      const message = unpackWrap(wrapped);
      if (message === null) throw new KeyError("refused-wrap", "the bytes are no wrap of this provider");
      try {
        return openFrom(pair, message, wrapInfo, contextBytes(context));
      } catch (error) {
        throw new KeyError("refused-wrap", "the wrap does not fit its context", { cause: error });
      }
    },
    describe: async () => describeFiles(dirname(path), file),
  };
}

/** PKCS#8 of X25519 without the key (RFC 8410, section 7). */
const pkcs8Prefix = Buffer.from("302e020100300506032b656e04220420", "hex");

function pairOf({ publicKey, privateKey }: { readonly publicKey: Buffer; readonly privateKey: Buffer }): X25519KeyPair {
  const pkcs8 = Buffer.concat([pkcs8Prefix, privateKey]);
  const key: KeyObject = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  for (const gone of [pkcs8, privateKey]) gone.fill(0);
  return { privateKey: key, publicKey: x25519PublicKey(publicKey) };
}
