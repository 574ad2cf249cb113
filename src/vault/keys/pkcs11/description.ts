import type { ProviderDescription } from "../provider.ts";
import { cka, cko } from "./cryptoki.ts";
import type { Pkcs11Login, Token, TokenSession } from "./token.ts";

/** What token and keys say now; the warnings come from looking at the keys that this login sees. */
export async function describeToken(
  token: Token,
  login: Pkcs11Login,
  half: "sealing" | "opening",
  epochs: readonly number[],
): Promise<ProviderDescription> {
  const { product, protection, recordsUnwrap } = token.model;
  const canOpen = await token.use(async (session) => seesKeyThatOpens(session));
  const warnings = [
    ...(protection.kind === "software-token" ? ["The token is software: its keys are files of this host."] : []),
    ...(protection.kind === "hsm" && protection.fips === null ? ["The token does not tell its certification; ask its maker."] : []),
    ...(recordsUnwrap ? [] : ["Whether the token keeps a record of unwraps is not known; if it can, turn it on."]),
    ...(half === "sealing" && canOpen
      ? ["The sealing login sees a key that may unwrap or decrypt; give it a token or user of its own."]
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
