import { KeyError } from "../provider.ts";

/**
 * PKCS #11 v2.40 as far as it is used here: the numbers of its header file (OASIS, pkcs11t.h), and the calls of the library `pkcs11js`. The library is an optional peer: it
 * compiles at its installation and loads a vendor's module into the process, which who keeps keys in files or at AWS need not have. So its types
 * are written down here.
 */
export const cka = {
  class: 0x00,
  token: 0x01,
  private: 0x02,
  label: 0x03,
  value: 0x11,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  encrypt: 0x104,
  decrypt: 0x105,
  wrap: 0x106,
  unwrap: 0x107,
  sign: 0x108,
  verify: 0x10a,
  derive: 0x10c,
  modulus: 0x120,
  modulusBits: 0x121,
  publicExponent: 0x122,
  valueLen: 0x161,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
} as const;

export const cko = { publicKey: 0x02, privateKey: 0x03, secretKey: 0x04 } as const;
export const ckk = { rsa: 0x00, ec: 0x03, genericSecret: 0x10, aes: 0x1f } as const;

export const ckm = {
  rsaPkcsKeyPairGen: 0x00,
  rsaPkcsOaep: 0x09,
  rsaX931KeyPairGen: 0x0a,
  sha1: 0x220,
  sha256: 0x250,
  sha256Hmac: 0x251,
  genericSecretKeyGen: 0x350,
  ecKeyPairGen: 0x1040,
  ecdsa: 0x1041,
} as const;

export const ckg = { mgf1Sha1: 0x01, mgf1Sha256: 0x02 } as const;
/** The source of OAEP's label is given as data; here it is empty. */
export const ckzDataSpecified = 0x01;

const ckfReadWriteSerial = 0x02 | 0x04;
const ckuUser = 1;
const ckfOsLockingOk = 0x02;
/** Of a token's flags: the user's PIN is locked. */
export const ckfUserPinLocked = 0x40000;

export type Handle = Buffer;

export interface Attribute {
  readonly type: number;
  readonly value?: boolean | number | string | Buffer;
}

export interface Mechanism {
  readonly mechanism: number;
  readonly parameter?: object | null;
}

export interface TokenInfo {
  readonly label: string;
  readonly manufacturerID: string;
  readonly model: string;
  readonly flags: number;
}

/** The calls of an instance of pkcs11js's `PKCS11`. Those that end in Async leave the thread free while the HSM answers. */
export interface Cryptoki {
  load(path: string): void;
  C_Initialize(options: { readonly flags: number }): void;
  C_GetInfo(): { readonly manufacturerID: string; readonly libraryDescription: string };
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): TokenInfo;
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, user: number, pin: string): void;
  C_Logout(session: Handle): void;
  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void;
  C_FindObjects(session: Handle, objectsMax: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: readonly Attribute[]): { readonly type: number; readonly value: Buffer }[];
  C_CreateObject(session: Handle, template: readonly Attribute[]): Handle;
  C_DestroyObject(session: Handle, object: Handle): void;
  C_GenerateRandom(session: Handle, into: Buffer): Buffer;
  C_GenerateKey(session: Handle, mechanism: Mechanism, template: readonly Attribute[]): Handle;
  C_GenerateKeyPairAsync(
    session: Handle,
    mechanism: Mechanism,
    publicKey: readonly Attribute[],
    privateKey: readonly Attribute[],
  ): Promise<{ readonly publicKey: Handle; readonly privateKey: Handle }>;
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_SignAsync(session: Handle, message: Buffer, into: Buffer): Promise<Buffer>;
  C_UnwrapKeyAsync(session: Handle, mechanism: Mechanism, key: Handle, wrapped: Buffer, template: readonly Attribute[]): Promise<Handle>;
}

export interface CryptokiModule {
  readonly cryptoki: Cryptoki;
  /** pkcs11js's own number for the parameters of RSA-OAEP. */
  readonly oaepParameters: number;
}

/** Tests give a module that fails on purpose. */
export type LoadCryptoki = (modulePath: string) => Promise<CryptokiModule>;

export const installCommand = "npm install --no-save --save-prod pkcs11js@2.1.7";

const loaded = new Map<string, Promise<CryptokiModule>>();

/**
 * Loads a vendor's module into the process, once; it stays, since other threads may use it.
 * @throws {KeyError} `missing-library`; `wrong-provider` where the path is no PKCS #11 module; `unavailable`
 */
export const loadCryptoki: LoadCryptoki = (modulePath) => {
  let module = loaded.get(modulePath);
  if (module === undefined) {
    module = loadOnce(modulePath);
    loaded.set(modulePath, module);
    module.catch(() => loaded.delete(modulePath));
  }
  return module;
};

async function loadOnce(modulePath: string): Promise<CryptokiModule> {
  const { PKCS11, CK_PARAMS_RSA_OAEP } = await importLibrary();
  const cryptoki = new PKCS11();
  try {
    cryptoki.load(modulePath);
  } catch (error) {
    throw new KeyError("wrong-provider", "the PKCS #11 module cannot be loaded from the path in PARCELKEEP_PKCS11_MODULE", {
      cause: error,
    });
  }
  initialize(cryptoki);
  return { cryptoki, oaepParameters: CK_PARAMS_RSA_OAEP };
}

/** @throws {KeyError} `unavailable` */
export function initialize(cryptoki: Cryptoki): void {
  try {
    cryptoki.C_Initialize({ flags: ckfOsLockingOk });
  } catch (error) {
    // Another thread of this process did.
    if (returnValueOf(error) === "CKR_CRYPTOKI_ALREADY_INITIALIZED") return;
    throw new KeyError("unavailable", "the PKCS #11 module does not start", { cause: error });
  }
}

interface Library {
  readonly PKCS11: new () => Cryptoki;
  readonly CK_PARAMS_RSA_OAEP: number;
}

async function importLibrary(): Promise<Library> {
  const name = "pkcs11js";
  try {
    const library = (await import(name)) as { readonly default: Library };
    return library.default;
  } catch (error) {
    throw new KeyError("missing-library", `keys in a PKCS #11 token need a library that is not installed: ${installCommand}`, {
      cause: error,
    });
  }
}

/** The name of the return value that a call failed with, such as `CKR_PIN_INCORRECT`; null where the error is none of PKCS #11. */
export function returnValueOf(error: unknown): string | null {
  const message = error instanceof Error ? error.message : "";
  return /^CKR_\w+$/.test(message) ? message : null;
}

export function openSession(cryptoki: Cryptoki, slot: Handle): Handle {
  // CloudHSM has no other kind than read-write (Client SDK 5, API operations).
  return cryptoki.C_OpenSession(slot, ckfReadWriteSerial);
}

export function logIn(cryptoki: Cryptoki, session: Handle, pin: string): void {
  cryptoki.C_Login(session, ckuUser, pin);
}
