import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { decodeAttestationObject } from "@simplewebauthn/server/helpers";
import { PasskeyError, type PasskeyEvidence, type PasskeyResponse, type VerifyPasskeySignature } from "../domain/passkey.ts";
import { algorithms, readCoseKey } from "./cose-key.ts";
import { verifyPasskeyEvidence } from "./passkey-evidence.ts";
import type { RelyingParty } from "./relying-party.ts";

/** What is stored of passkeys. */
export interface PasskeyRows {
  /** Null for one that is unknown or revoked, or whose person is disabled. */
  passkey(credential: Uint8Array): Promise<{ readonly person: string; readonly public_key: Uint8Array } | null>;
  /** Takes what was signed, once, and moves the counter on; the entry of one that went back is written in the same transaction. */
  usePasskey(
    credential: Uint8Array,
    person: string,
    challenge: Uint8Array,
    counter: number,
  ): Promise<"used" | "unknown-credential" | "replayed" | "counter-went-back">;
}

export interface EnrolledPasskey {
  readonly credential: Buffer;
  /** COSE_Key. */
  readonly publicKey: Buffer;
  readonly algorithm: number;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly aaguid: string;
  readonly synced: boolean;
}

export interface HeldPasskey {
  readonly credential: Uint8Array;
  readonly transports: readonly string[];
}

export interface SignedByPasskey {
  readonly person: string;
  readonly credential: Buffer;
  readonly evidence: PasskeyEvidence;
}

/** How long a browser offers the ceremony. The challenge lives longer on our side; see who opens it. */
const ceremonyMs = 120_000;

/** WebAuthn ceremonies: the bytes, and what must hold of them. Challenges are opened and taken by whoever calls. */
export class Passkeys {
  readonly #party: () => RelyingParty;
  readonly #rows: PasskeyRows;

  /** @param party asked each time: a port that the system chooses is known late. */
  constructor(party: () => RelyingParty, rows: PasskeyRows) {
    this.#party = party;
    this.#rows = rows;
  }

  /** For `navigator.credentials.create`. The authenticator shows a made-up name, since we know none. */
  enrolmentOptions(person: string, challenge: Uint8Array, held: readonly HeldPasskey[]) {
    return generateRegistrationOptions({
      rpName: "Parcelkeep",
      rpID: this.#party().rpId,
      userName: `operator ${person.slice(0, 8)}`,
      userID: new TextEncoder().encode(person),
      challenge: Uint8Array.from(challenge),
      timeout: ceremonyMs,
      attestationType: "none",
      excludeCredentials: held.map(described),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      supportedAlgorithmIDs: Object.values(algorithms),
    });
  }

  /** @throws {PasskeyError} `mismatch`: also where the user was not verified, or the authenticator's maker attests. */
  async readEnrolment(response: unknown, challenge: Uint8Array): Promise<EnrolledPasskey> {
    const { origin, rpId } = this.#party();
    const given = response as RegistrationResponseJSON;
    const verified = await refusing(async () => {
      refuseForeignAttestation(given);
      return verifyRegistrationResponse({
        response: given,
        expectedChallenge: Buffer.from(challenge).toString("base64url"),
        expectedOrigin: origin,
        expectedRPID: rpId,
        requireUserVerification: true,
        supportedAlgorithmIDs: Object.values(algorithms),
      });
    });
    if (!verified.verified) throw new PasskeyError("mismatch");
    const { credential, aaguid, credentialDeviceType } = verified.registrationInfo;
    const { algorithm } = await refusing(async () => readCoseKey(credential.publicKey));
    const id = Buffer.from(credential.id, "base64url");
    if (id.length < 16 || id.length > 1023) throw new PasskeyError("mismatch");
    return {
      credential: id,
      publicKey: Buffer.from(credential.publicKey),
      algorithm,
      counter: credential.counter,
      transports: (credential.transports ?? []).filter((each) => /^[a-z-]{1,20}$/.test(each)).slice(0, 8),
      aaguid,
      synced: credentialDeviceType === "multiDevice",
    };
  }

  /** For `navigator.credentials.get`. @param held none: the authenticator says who it is. */
  signingOptions(challenge: Uint8Array, held: readonly HeldPasskey[]) {
    return generateAuthenticationOptions({
      rpID: this.#party().rpId,
      challenge: Uint8Array.from(challenge),
      timeout: ceremonyMs,
      userVerification: "required",
      allowCredentials: held.map(described),
    });
  }

  /** {@link VerifyPasskeySignature}; the person is whoever the passkey belongs to where none is named. */
  async verify(asked: {
    readonly person: string | null;
    readonly challenge: Uint8Array;
    readonly response: PasskeyResponse;
  }): Promise<SignedByPasskey> {
    const credential = credentialOf(asked.response);
    const row = await this.#rows.passkey(credential);
    if (row === null || (asked.person !== null && asked.person !== row.person)) throw new PasskeyError("unknown-credential");
    const evidence = this.#evidence(asked.response, row.public_key);
    const { counter } = verifyPasskeyEvidence(evidence, asked.challenge);
    await this.#verifyBySecondReader(asked.response, row.public_key, asked.challenge);
    const outcome = await this.#rows.usePasskey(credential, row.person, asked.challenge, counter);
    if (outcome !== "used") throw new PasskeyError(outcome);
    return { person: row.person, credential, evidence };
  }

  readonly verifySignature: VerifyPasskeySignature = async (asked) => {
    if (asked.challenge.length !== 32) throw new RangeError(`a challenge has 32 bytes, not ${asked.challenge.length}`);
    return (await this.verify(asked)).evidence;
  };

  #evidence({ id, response }: PasskeyResponse, cose: Uint8Array): PasskeyEvidence {
    const { origin, rpId } = this.#party();
    const { algorithm, key } = readCoseKey(cose);
    const { authenticatorData, clientDataJSON, signature } = response;
    const publicKey = key.export({ format: "der", type: "spki" }).toString("base64url");
    return { credential: id, publicKey, algorithm, rpId, origin, authenticatorData, clientDataJSON, signature };
  }

  /** The library reads the same bytes with code of its own: what both take, neither misreads alone. The counter is the database's to judge. */
  async #verifyBySecondReader({ id, response }: PasskeyResponse, cose: Uint8Array, challenge: Uint8Array): Promise<void> {
    const { origin, rpId } = this.#party();
    const { verified } = await refusing(() =>
      verifyAuthenticationResponse({
        response: { id, rawId: id, type: "public-key", response, clientExtensionResults: {} } as AuthenticationResponseJSON,
        expectedChallenge: Buffer.from(challenge).toString("base64url"),
        expectedOrigin: origin,
        expectedRPID: rpId,
        credential: { id, publicKey: Uint8Array.from(cose), counter: 0 },
        requireUserVerification: true,
      }),
    );
    if (!verified) throw new PasskeyError("bad-signature");
  }
}

function credentialOf({ id }: PasskeyResponse): Buffer {
  if (typeof id !== "string" || !/^[\w-]{22,1364}$/.test(id)) throw new PasskeyError("mismatch");
  return Buffer.from(id, "base64url");
}

function described({ credential, transports }: HeldPasskey) {
  return { id: Buffer.from(credential).toString("base64url"), transports: [...transports] };
}

/**
 * We ask for no attestation of the authenticator's maker and take none: to check one, the library would fetch revocation lists from addresses that stand in the
 * certificates, which whoever sends them chooses. The enrolment must come from a page of ours and not from a frame in another one.
 */
function refuseForeignAttestation({ response }: RegistrationResponseJSON): void {
  const object = decodeAttestationObject(Uint8Array.from(Buffer.from(response.attestationObject, "base64url")));
  const format = object.get("fmt");
  if (format !== "none" && format !== "packed") throw new TypeError("an attestation that was not asked for");
  if (object.get("attStmt").get("x5c") !== undefined) throw new TypeError("an attestation that was not asked for");
  const told = JSON.parse(Buffer.from(response.clientDataJSON, "base64url").toString("utf8")) as Readonly<Record<string, unknown>>;
  if (told["crossOrigin"] === true || told["topOrigin"] !== undefined) throw new TypeError("a frame of another site");
}

/** The library's messages quote what they were given; only that it refused goes on. */
async function refusing<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch {
    throw new PasskeyError("mismatch");
  }
}
