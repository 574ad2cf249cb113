import { isoCBOR } from "@simplewebauthn/server/helpers";
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

const aaguid = Buffer.from("6f1d3c2ab7e84a0f9d5577c0ffee0042", "hex");

export type Algorithm = "ES256" | "EdDSA" | "RS256";

const coseAlgorithms: Readonly<Record<Algorithm, number>> = { ES256: -7, EdDSA: -8, RS256: -257 };

export interface CeremonyChanges {
  readonly origin?: string;
  readonly rpId?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  readonly userVerified?: boolean;
  readonly userPresent?: boolean;
  /** As the authenticator tells it; otherwise it counts on. */
  readonly counter?: number;
}

/** What a browser hands over after `navigator.credentials.create`. */
export interface CreatedCredential {
  readonly id: string;
  readonly rawId: string;
  readonly type: "public-key";
  readonly response: { readonly clientDataJSON: string; readonly attestationObject: string; readonly transports: string[] };
  readonly clientExtensionResults: Record<string, never>;
}

export interface SignedResponse {
  readonly id: string;
  readonly rawId: string;
  readonly type: "public-key";
  readonly response: { readonly clientDataJSON: string; readonly authenticatorData: string; readonly signature: string };
  readonly clientExtensionResults: Record<string, never>;
}

/**
 * An authenticator and the browser around it, in software: it makes the bytes that WebAuthn Level 3 describes (sections 6.1, 6.5, 8.2, 8.7), and whatever a test
 * wants to have wrong in them.
 */
export class SoftwareAuthenticator {
  readonly credential = randomBytes(32);
  readonly algorithm: Algorithm;
  readonly origin: string;
  readonly rpId: string;
  /** 0: it does not count, as synced passkeys do not. */
  counter: number;
  readonly #publicKey: KeyObject;
  readonly #privateKey: KeyObject;

  constructor(origin: string, { algorithm = "ES256", counter = 0 }: { algorithm?: Algorithm; counter?: number } = {}) {
    this.origin = origin;
    this.rpId = new URL(origin).hostname;
    this.algorithm = algorithm;
    this.counter = counter;
    const pair = keyPairOf(algorithm);
    this.#publicKey = pair.publicKey;
    this.#privateKey = pair.privateKey;
  }

  get id(): string {
    return this.credential.toString("base64url");
  }

  /** @param challenge base64url, as options have it. */
  create(challenge: string, attestation: "none" | "packed" = "none", changes: CeremonyChanges = {}): CreatedCredential {
    const clientData = this.#clientData("webauthn.create", challenge, changes);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.credential.length);
    const attested = Buffer.concat([aaguid, length, this.credential, this.cosePublicKey()]);
    const authData = this.#authenticatorData(changes, attested);
    const signature = this.#sign(Buffer.concat([authData, sha256(clientData)]));
    const statement: [string, number | Uint8Array][] =
      attestation === "none"
        ? []
        : [
            ["alg", this.#coseAlgorithm],
            ["sig", new Uint8Array(signature)],
          ];
    const object = isoCBOR.encode(
      new Map<string, string | Map<string, number | Uint8Array> | Uint8Array>([
        ["fmt", attestation],
        ["attStmt", new Map(statement)],
        ["authData", new Uint8Array(authData)],
      ]),
    );
    return {
      ...this.#envelope(),
      response: {
        clientDataJSON: clientData.toString("base64url"),
        attestationObject: Buffer.from(object).toString("base64url"),
        transports: ["internal"],
      },
    };
  }

  /** @param challenge base64url. */
  get(challenge: string, changes: CeremonyChanges = {}): SignedResponse {
    if (changes.counter === undefined && this.counter > 0) this.counter++;
    const clientData = this.#clientData("webauthn.get", challenge, changes);
    const authData = this.#authenticatorData(changes, null);
    return {
      ...this.#envelope(),
      response: {
        clientDataJSON: clientData.toString("base64url"),
        authenticatorData: authData.toString("base64url"),
        signature: this.#sign(Buffer.concat([authData, sha256(clientData)])).toString("base64url"),
      },
    };
  }

  cosePublicKey(): Uint8Array {
    const { x, y, n, e } = this.#publicKey.export({ format: "jwk" });
    const bytes = (text: string | undefined): Uint8Array => new Uint8Array(Buffer.from(text!, "base64url"));
    const keys: Readonly<Record<Algorithm, () => [number, number | Uint8Array][]>> = {
      ES256: () => [
        [1, 2],
        [-1, 1],
        [-2, bytes(x)],
        [-3, bytes(y)],
      ],
      EdDSA: () => [
        [1, 1],
        [-1, 6],
        [-2, bytes(x)],
      ],
      RS256: () => [
        [1, 3],
        [-1, bytes(n)],
        [-2, bytes(e)],
      ],
    };
    const fields: [number, number | Uint8Array][] = [[3, this.#coseAlgorithm], ...keys[this.algorithm]()];
    return isoCBOR.encode(new Map(fields));
  }

  get spki(): Buffer {
    return this.#publicKey.export({ format: "der", type: "spki" });
  }

  get #coseAlgorithm(): number {
    return coseAlgorithms[this.algorithm];
  }

  #envelope() {
    return { id: this.id, rawId: this.id, type: "public-key", clientExtensionResults: {} } as const;
  }

  #clientData(type: string, challenge: string, changes: CeremonyChanges): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: changes.type ?? type,
        challenge,
        origin: changes.origin ?? this.origin,
        crossOrigin: changes.crossOrigin ?? false,
      }),
    );
  }

  #authenticatorData({ rpId, userPresent, userVerified, counter }: CeremonyChanges, attested: Buffer | null): Buffer {
    const flags = (userPresent === false ? 0 : 0x01) | (userVerified === false ? 0 : 0x04) | (attested === null ? 0 : 0x40);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter ?? this.counter);
    return Buffer.concat([sha256(Buffer.from(rpId ?? this.rpId)), Buffer.from([flags]), count, attested ?? Buffer.alloc(0)]);
  }

  #sign(bytes: Buffer): Buffer {
    return sign(this.algorithm === "EdDSA" ? null : "sha256", bytes, this.#privateKey);
  }
}

function keyPairOf(algorithm: Algorithm): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  switch (algorithm) {
    case "ES256":
      return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    case "EdDSA":
      return generateKeyPairSync("ed25519");
    case "RS256":
      return generateKeyPairSync("rsa", { modulusLength: 2048 });
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
