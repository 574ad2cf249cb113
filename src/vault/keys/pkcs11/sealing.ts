import { createPublicKey, type KeyObject, randomBytes } from "node:crypto";
import { dataKeyBytes, type KeyContext, type OpeningRoot, rootOf as purposeRoot, type SealingKeys } from "../provider.ts";
import { cka, ckm, cko, type LoadCryptoki } from "./cryptoki.ts";
import { describeToken } from "./description.ts";
import { epochsOf, missingEpoch, pairOf, refuseWithout, rootLabel, rootOf } from "./roots.ts";
import { type Pkcs11Login, Token, type TokenSession } from "./token.ts";
import { sealWrap } from "./wrap-format.ts";

/** Asking an HSM what it holds takes calls over a network: new epochs are learned within this time. */
const rereadMs = 5_000;

/**
 * The sealing half of keys in a PKCS #11 token. Its login sees public RSA keys and HMAC keys, and no key that may unwrap or decrypt; it wraps in this
 * process under the public keys that it has read, so generating data keys goes on while the HSM is away. Deriving does not.
 * @throws {KeyError} `missing-library`, `wrong-provider`, `refused-credentials`, `unavailable`
 */
export async function pkcs11SealingKeys(
  login: Pkcs11Login,
  load?: LoadCryptoki,
): Promise<SealingKeys & { /** Reads the public keys again, at most every five seconds. @throws {KeyError} */ refresh(): Promise<void> }> {
  const token = await Token.connect(login, load);
  let readAt = performance.now();
  const read = () =>
    token.use(async (session) => {
      const roots = readRoots(session);
      return { roots, epochs: [...roots.keys()], derivations: epochsOf(session, cko.secretKey, "derive") };
    });
  let held = await read();
  refuseWithout(held.epochs, "wrap");
  refuseWithout(held.derivations, "derive");
  const wrap = (dataKey: Uint8Array, context: KeyContext): Buffer => {
    const roots = held.roots.get(context.epoch);
    if (roots === undefined) throw missingEpoch(context.epoch, held.epochs);
    return sealWrap(roots[purposeRoot[context.purpose]], token.model.oaep, dataKey, context);
  };
  return {
    provider: "pkcs11",
    get currentEpoch() {
      return held.epochs.at(-1)!;
    },
    refresh: async () => {
      if (performance.now() - readAt < rereadMs) return;
      readAt = performance.now();
      const found = await read();
      refuseWithout(found.epochs, "wrap");
      held = found;
    },
    generateDataKey: async (context) => {
      const plaintext = randomBytes(dataKeyBytes);
      return { plaintext, wrapped: wrap(plaintext, context) };
    },
    wrap: async (dataKey, context) => wrap(dataKey, context),
    derive: (label, epoch = 1) =>
      token.use(async (session) => {
        const key = rootOf(session, cko.secretKey, "derive", epoch, held.derivations);
        session.cryptoki.C_SignInit(session.handle, { mechanism: ckm.sha256Hmac }, key);
        return session.cryptoki.C_SignAsync(session.handle, Buffer.from(`derive|${label}`), Buffer.alloc(32));
      }),
    describe: () => describeToken(token, login, "sealing", held.epochs),
  };
}

/** Retired epochs keep their derivation root and lose their public keys. The copy of `wrap` is made last: an epoch that has it has both. */
function readRoots(session: TokenSession): ReadonlyMap<number, Readonly<Record<OpeningRoot, KeyObject>>> {
  const resolving = epochsOf(session, cko.publicKey, pairOf.resolving);
  const epochs = epochsOf(session, cko.publicKey, pairOf.opening).filter((epoch) => resolving.includes(epoch));
  return new Map(
    epochs.map((epoch) => [epoch, { opening: publicKey(session, "opening", epoch), resolving: publicKey(session, "resolving", epoch) }]),
  );
}

function publicKey(session: TokenSession, root: OpeningRoot, epoch: number): KeyObject {
  const handle = session.find(cko.publicKey, rootLabel(pairOf[root], epoch))!;
  const [modulus, exponent] = session.attributes(handle, [cka.modulus, cka.publicExponent]);
  return createPublicKey({
    key: { kty: "RSA", n: modulus!.toString("base64url"), e: exponent!.toString("base64url") },
    format: "jwk",
  });
}
