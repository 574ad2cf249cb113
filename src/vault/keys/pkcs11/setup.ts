import { KeyError } from "../provider.ts";
import { type Attribute, cka, ckk, ckm, cko, type LoadCryptoki } from "./cryptoki.ts";
import { epochsOf, naming, rootLabel, type RootName, rsaBits } from "./roots.ts";
import { type Pkcs11Login, Token, type TokenSession } from "./token.ts";

/** The logins of an installation. Those who set up keys have all of them; no process that serves does. */
export interface Pkcs11Logins {
  readonly sealing: Pkcs11Login;
  readonly opening: Pkcs11Login;
  /** Of the root that the outbound process opens. */
  readonly resolving: Pkcs11Login;
  readonly signing: Pkcs11Login;
}

/**
 * Makes the roots of epoch 1 unless there are roots.
 * @returns the current epoch.
 * @throws {KeyError} `wrong-provider` where two of sealing, opening and resolving are one login, which could then open what it should not. Else as {@link addPkcs11Epoch}.
 */
export async function createPkcs11Roots(logins: Pkcs11Logins, load?: LoadCryptoki): Promise<number> {
  const epochs = await withToken(logins.sealing, load, async (session) => epochsOf(session, cko.publicKey, "wrap"));
  return epochs.at(-1) ?? addPkcs11Epoch(logins, load);
}

/**
 * Adds an epoch and makes it the current one. The sealing token learns the public key last, so that no wrap is made which nobody could open; a call that was
 * cut short is completed by the next. One caller at a time. Processes that run keep what they read at their start.
 * @returns the new epoch.
 * @throws {KeyError} `missing-library`, `wrong-provider`, `refused-credentials`, `not-permitted`, `unavailable`
 */
export async function addPkcs11Epoch(logins: Pkcs11Logins, load?: LoadCryptoki): Promise<number> {
  const epochs = await withToken(logins.sealing, load, async (session, token) => {
    refuseSharedLogins(logins, token);
    return epochsOf(session, cko.publicKey, "wrap");
  });
  const epoch = (epochs.at(-1) ?? 0) + 1;
  const publicKey = await withToken(logins.opening, load, (session, token) => rsaPair(session, token.model.rsaKeyPairGen, "wrap", epoch));
  const resolvingPublicKey = await withToken(logins.resolving, load, (session, token) =>
    rsaPair(session, token.model.rsaKeyPairGen, "resolve", epoch),
  );
  await withToken(logins.signing, load, (session) => signingPair(session, epoch));
  await withToken(logins.sealing, load, async (session) => {
    if (session.find(cko.secretKey, rootLabel("derive", epoch)) === null) {
      session.cryptoki.C_GenerateKey(session.handle, { mechanism: ckm.genericSecretKeyGen }, derivationTemplate(epoch));
    }
    if (session.find(cko.publicKey, rootLabel("resolve", epoch)) === null) {
      session.cryptoki.C_CreateObject(session.handle, publicCopyTemplate("resolve", epoch, resolvingPublicKey));
    }
    session.cryptoki.C_CreateObject(session.handle, publicCopyTemplate("wrap", epoch, publicKey));
  });
  return epoch;
}

/**
 * Retires every epoch before `minimumEpoch`: its private keys are destroyed in the token; the keys that derive stay. The sealing token forgets first; a call
 * that was cut short may be repeated. Backups of the HSM keep what was destroyed for as long as they live: set their retention to the shortest.
 * @throws {KeyError} `unknown-epoch` where it would leave none; else as {@link addPkcs11Epoch}.
 */
export async function retirePkcs11Epochs(logins: Pkcs11Logins, minimumEpoch: number, load?: LoadCryptoki): Promise<void> {
  await withToken(logins.sealing, load, async (session) => {
    const current = epochsOf(session, cko.publicKey, "wrap").at(-1) ?? 0;
    if (minimumEpoch > current) throw new KeyError("unknown-epoch", `the current epoch is ${current}; it stays`);
    destroyBefore(session, minimumEpoch, "wrap", [cko.publicKey]);
    destroyBefore(session, minimumEpoch, "resolve", [cko.publicKey]);
  });
  await withToken(logins.signing, load, async (session) => destroyBefore(session, minimumEpoch, "sign", [cko.privateKey, cko.publicKey]));
  await withToken(logins.resolving, load, async (session) =>
    destroyBefore(session, minimumEpoch, "resolve", [cko.privateKey, cko.publicKey]),
  );
  await withToken(logins.opening, load, async (session) => destroyBefore(session, minimumEpoch, "wrap", [cko.privateKey, cko.publicKey]));
}

/** One login after the other: where they share a token, a process can have one at a time. */
async function withToken<Result>(
  login: Pkcs11Login,
  load: LoadCryptoki | undefined,
  work: (session: TokenSession, token: Token) => Promise<Result>,
): Promise<Result> {
  const token = await Token.connect(login, load);
  try {
    return await token.use((session) => work(session, token));
  } finally {
    token.close();
  }
}

function refuseSharedLogins({ sealing, opening, resolving }: Pkcs11Logins, token: Token): void {
  const userOf = ({ tokenLabel, pin }: Pkcs11Login): string => `${tokenLabel}|${token.model.hasSeveralUsers ? pin.split(":")[0] : ""}`;
  if (new Set([sealing, opening, resolving].map(userOf)).size === 3) return;
  throw new KeyError("wrong-provider", "sealing, opening and resolving need a token each, or on a token with several users a user each");
}

interface PublicRoot {
  readonly modulus: Buffer;
  readonly exponent: Buffer;
}

async function rsaPair(session: TokenSession, mechanism: number, name: "wrap" | "resolve", epoch: number): Promise<PublicRoot> {
  const label = rootLabel(name, epoch);
  if (session.find(cko.privateKey, label) === null) {
    await session.cryptoki.C_GenerateKeyPairAsync(
      session.handle,
      { mechanism },
      [
        { type: cka.token, value: true },
        ...naming(cko.publicKey, name, epoch),
        { type: cka.modulusBits, value: rsaBits },
        { type: cka.publicExponent, value: Buffer.of(1, 0, 1) },
        ...usesOf({ wrap: true, encrypt: false, verify: false }),
      ],
      [...secretAttributes(cko.privateKey, name, epoch), ...usesOf({ unwrap: true, decrypt: false, sign: false })],
    );
  }
  const handle = session.find(cko.publicKey, label);
  if (handle === null) throw new KeyError("wrong-provider", `the opening token holds a private key ${label} without its public key`);
  const [modulus, exponent] = session.attributes(handle, [cka.modulus, cka.publicExponent]);
  return { modulus: modulus!, exponent: exponent! };
}

/** P-256 as a named curve (RFC 5480, section 2.1.1.1). */
const p256 = Buffer.from("06082a8648ce3d030107", "hex");

async function signingPair(session: TokenSession, epoch: number): Promise<void> {
  if (session.find(cko.privateKey, rootLabel("sign", epoch)) !== null) return;
  await session.cryptoki.C_GenerateKeyPairAsync(
    session.handle,
    { mechanism: ckm.ecKeyPairGen },
    [
      { type: cka.token, value: true },
      ...naming(cko.publicKey, "sign", epoch),
      { type: cka.ecParams, value: p256 },
      ...usesOf({ verify: true }),
    ],
    [...secretAttributes(cko.privateKey, "sign", epoch), ...usesOf({ sign: true, decrypt: false, unwrap: false, derive: false })],
  );
}

function derivationTemplate(epoch: number): readonly Attribute[] {
  return [
    { type: cka.class, value: cko.secretKey },
    { type: cka.keyType, value: ckk.genericSecret },
    { type: cka.valueLen, value: 32 },
    ...secretAttributes(cko.secretKey, "derive", epoch),
    ...usesOf({ sign: true, verify: false, encrypt: false, decrypt: false, wrap: false, unwrap: false, derive: false }),
  ];
}

function publicCopyTemplate(name: "wrap" | "resolve", epoch: number, { modulus, exponent }: PublicRoot): readonly Attribute[] {
  return [
    { type: cka.class, value: cko.publicKey },
    { type: cka.keyType, value: ckk.rsa },
    { type: cka.token, value: true },
    ...naming(cko.publicKey, name, epoch),
    { type: cka.modulus, value: modulus },
    { type: cka.publicExponent, value: exponent },
    ...usesOf({ wrap: true, encrypt: false, verify: false }),
  ];
}

/** Set one by one: CloudHSM's defaults are sensitive and extractable. */
function secretAttributes(objectClass: number, name: RootName, epoch: number): readonly Attribute[] {
  return [
    { type: cka.token, value: true },
    { type: cka.private, value: true },
    { type: cka.sensitive, value: true },
    { type: cka.extractable, value: false },
    ...naming(objectClass, name, epoch),
  ];
}

type Use = "encrypt" | "decrypt" | "wrap" | "unwrap" | "sign" | "verify" | "derive";

function usesOf(uses: Partial<Record<Use, boolean>>): readonly Attribute[] {
  return (Object.entries(uses) as [Use, boolean][]).map(([use, value]) => ({ type: cka[use], value }));
}

function destroyBefore(session: TokenSession, minimumEpoch: number, name: RootName, classes: readonly number[]): void {
  for (const objectClass of classes) {
    for (const epoch of epochsOf(session, objectClass, name)) {
      const handle = epoch < minimumEpoch ? session.find(objectClass, rootLabel(name, epoch)) : null;
      if (handle !== null) session.cryptoki.C_DestroyObject(session.handle, handle);
    }
  }
}
