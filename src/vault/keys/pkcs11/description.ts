import type { OpeningRoot, ProviderDescription } from "../provider.ts";
import { cka, cko, type LoadCryptoki } from "./cryptoki.ts";
import { epochsOf, pairOf, refuseWithout } from "./roots.ts";
import { type Pkcs11Login, Token, type TokenSession } from "./token.ts";

/**
 * What is behind one login, for an operator who has several: it is logged out afterwards, since on a token of several users a process can be one at a time.
 * @throws {KeyError} as the halves do.
 */
export async function describePkcs11(login: Pkcs11Login, half: "sealing" | OpeningRoot, load?: LoadCryptoki): Promise<ProviderDescription> {
  const token = await Token.connect(login, load);
  try {
    const objectClass = half === "sealing" ? cko.publicKey : cko.privateKey;
    const pair = half === "sealing" ? "wrap" : pairOf[half];
    const epochs = await token.use(async (session) => epochsOf(session, objectClass, pair));
    refuseWithout(epochs, pair);
    return await describeToken(token, login, half, epochs);
  } finally {
    token.close();
  }
}

/** What token and keys say now; the warnings come from looking at the keys that this login sees. */
export async function describeToken(
  token: Token,
  login: Pkcs11Login,
  half: "sealing" | OpeningRoot,
  epochs: readonly number[],
): Promise<ProviderDescription> {
  const { product, protection, recordsUnwrap } = token.model;
  const canOpen = await token.use(async (session) => seesKeyThatOpens(session));
  const seesValues =
    half === "resolving" && (await token.use(async (session) => epochsOf(session, cko.privateKey, pairOf.opening).length > 0));
  const warnings = [
    ...(protection.kind === "software-token" ? ["The token is software: its keys are files of this host."] : []),
    ...(protection.kind === "hsm" && protection.fips === null ? ["The token does not tell its certification; ask its maker."] : []),
    ...(recordsUnwrap ? [] : ["Whether the token keeps a record of unwraps is not known; if it can, turn it on."]),
    ...(half === "sealing" && canOpen
      ? ["The sealing login sees a key that may unwrap or decrypt; give it a token or user of its own."]
      : []),
    ...(seesValues
      ? ["The resolving login sees the key that opens records and values of persons; give it a token or user of its own."]
      : []),
  ];
  return {
    provider: "pkcs11",
    product,
    protection,
    location: `token ${login.tokenLabel}`,
    currentEpoch: epochs.at(-1)!,
    minimumEpoch: epochs[0]!,
    recordedOperations: recordsUnwrap ? ["unwrap"] : [],
    derivationRoot: "provider-hmac",
    warnings,
  };
}

function seesKeyThatOpens(session: TokenSession): boolean {
  const classes = [cko.privateKey, cko.secretKey];
  const uses = [cka.unwrap, cka.decrypt];
  return classes.some((objectClass) =>
    uses.some(
      (use) =>
        session.list([
          { type: cka.class, value: objectClass },
          { type: use, value: true },
        ]).length > 0,
    ),
  );
}
