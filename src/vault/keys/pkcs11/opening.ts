import { KeyError, type OpeningKeys, type OpeningRoot } from "../provider.ts";
import { type Attribute, cka, ckk, ckm, cko, ckzDataSpecified, type Handle, type LoadCryptoki } from "./cryptoki.ts";
import { describeToken } from "./description.ts";
import { epochsOf, pairOf, refuseWithout, rootOf } from "./roots.ts";
import { type Pkcs11Login, Token, type TokenSession } from "./token.ts";
import { openWrap, parseWrap, type TokenWrap } from "./wrap-format.ts";

/**
 * One root of the opening half of keys in a PKCS #11 token. Each unwrap is one C_UnwrapKey, which a CloudHSM writes to its audit log with the key's handle; C_Decrypt, which
 * it does not log, is not permitted to the key.
 *
 * What comes out of the HSM is the wrapping key of one data key: it lives there as a session object for two calls, and is read because the data key has to come out anyway.
 * @param login of whoever holds that root's private keys.
 * @throws {KeyError} `missing-library`, `wrong-provider`, `refused-credentials`, `unavailable`
 */
export async function pkcs11OpeningKeys(login: Pkcs11Login, load?: LoadCryptoki, of: OpeningRoot = "opening"): Promise<OpeningKeys> {
  const token = await Token.connect(login, load);
  const pair = pairOf[of];
  const epochs = await token.use(async (session) => epochsOf(session, cko.privateKey, pair));
  refuseWithout(epochs, pair);
  return {
    provider: "pkcs11",
    unwrap: async (wrapped, context) => {
      const wrap = parseWrap(wrapped);
      // The epoch is looked at first: a retired epoch's wrap is retired, whatever its bytes.
      const wrappingKey = await token.use(async (session) => {
        const root = rootOf(session, cko.privateKey, pair, context.epoch, epochs);
        if (wrap === null) throw refusedWrap();
        return unwrapInToken(session, token.oaepParameters, root, wrap);
      }, refusedWrap);
      try {
        return openWrap(wrap!, wrappingKey, context);
      } catch (error) {
        throw refusedWrap(error);
      } finally {
        wrappingKey.fill(0);
      }
    },
    describe: () => describeToken(token, login, of, epochs),
  };
}

/** Everything is set: defaults differ between tokens, CloudHSM's being sensitive and extractable. */
const wrappingKeyTemplate: readonly Attribute[] = [
  { type: cka.class, value: cko.secretKey },
  { type: cka.keyType, value: ckk.aes },
  { type: cka.token, value: false },
  { type: cka.sensitive, value: false },
  { type: cka.extractable, value: true },
  { type: cka.encrypt, value: false },
  { type: cka.decrypt, value: false },
  { type: cka.wrap, value: false },
  { type: cka.unwrap, value: false },
  { type: cka.label, value: "parcelkeep/wrapping-key" },
];

async function unwrapInToken(session: TokenSession, parameters: number, root: Handle, { oaep, encryptedKey }: TokenWrap): Promise<Buffer> {
  const { cryptoki, handle } = session;
  const parameter = { type: parameters, hashAlg: oaep.hashAlg, mgf: oaep.mgf, source: ckzDataSpecified };
  const key = await cryptoki.C_UnwrapKeyAsync(handle, { mechanism: ckm.rsaPkcsOaep, parameter }, root, encryptedKey, wrappingKeyTemplate);
  try {
    return session.attributes(key, [cka.value])[0]!;
  } finally {
    cryptoki.C_DestroyObject(handle, key);
  }
}

/** What was wrong is not said: whoever sends made-up wraps should learn nothing. */
function refusedWrap(cause?: unknown): KeyError {
  return new KeyError("refused-wrap", "the wrap does not fit its context", cause === undefined ? {} : { cause });
}
