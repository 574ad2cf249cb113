/** What a browser hands over after `navigator.credentials.get` (WebAuthn Level 3, AuthenticationResponseJSON); bytes in base64url. */
export interface PasskeyResponse {
  readonly id: string;
  readonly response: { readonly clientDataJSON: string; readonly authenticatorData: string; readonly signature: string };
}

/** Everything that somebody needs to check a passkey's signature again, without the program and its database. Bytes in base64url. */
export interface PasskeyEvidence {
  /** Credential id. */
  readonly credential: string;
  /** SubjectPublicKeyInfo (RFC 5280), DER: what `openssl` reads. */
  readonly publicKey: string;
  /** COSE algorithm: -7 ES256, -8 EdDSA, -257 RS256. */
  readonly algorithm: number;
  readonly rpId: string;
  readonly origin: string;
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
}

/** One code for each thing that is wrong; a caller answers all of them alike. */
export type PasskeyErrorCode =
  /** Not a response of this ceremony: its form, type, challenge, origin or relying party. */
  | "mismatch"
  /** The passkey is unknown, revoked, or another person's; or its owner is disabled. */
  | "unknown-credential"
  /** The authenticator did not verify its user. */
  | "user-not-verified"
  /** The signature does not hold. */
  | "bad-signature"
  /** The counter went back: there may be a copy of the authenticator. */
  | "counter-went-back"
  /** This passkey has signed this challenge before. */
  | "replayed";

export class PasskeyError extends Error {
  override readonly name = "PasskeyError";
  readonly code: PasskeyErrorCode;
  constructor(code: PasskeyErrorCode, options?: ErrorOptions) {
    super(`the passkey's response was refused: ${code}`, options);
    this.code = code;
  }
}

/**
 * Verifies that a person has signed something with a passkey of theirs, their presence and identity checked by the authenticator.
 *
 * The passkey's use is stored before this returns, so the same response is never taken twice; a caller whose own transaction fails afterwards asks the person
 * to sign again, under another challenge.
 * @param challenge 32 bytes that stand for what is signed: a digest over the scope, the decision and something fresh.
 * @throws {PasskeyError}
 */
export type VerifyPasskeySignature = (asked: {
  readonly person: string;
  readonly challenge: Uint8Array;
  readonly response: PasskeyResponse;
}) => Promise<PasskeyEvidence>;

/** A passkey that may sign now, and whose it is. */
export interface LivePasskey {
  /** Id of the credential, base64url. */
  readonly credential: string;
  readonly person: string;
}
