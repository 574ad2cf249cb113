import type { Operator, OperatorRole } from "../domain/operator.ts";

/** Who is signed in, and how. */
export interface SignedIn extends Operator {
  readonly method: "oidc" | "passkey";
  /** False for an account that was recognised by its address alone: it has no roles until a passkey confirms it. */
  readonly confirmed: boolean;
  /** A passkey of theirs was there within the last minutes. */
  readonly steppedUp: boolean;
  /** Whether they may enrol a passkey now. */
  readonly mayEnrol: boolean;
}

/** Scheme, host and port that browsers know the pages under. */
export interface Site {
  readonly origin: string;
  readonly isSecure: boolean;
}

/** A session's secret, for the cookie and nowhere else. */
export interface OpenedSession {
  readonly secret: string;
}

export interface OperatorView {
  readonly operator: string;
  readonly state: "active" | "disabled";
  readonly roles: readonly OperatorRole[];
  /** Accounts with the provider. */
  readonly accounts: number;
  readonly passkeys: readonly PasskeyView[];
  readonly createdAt: string;
  readonly signedInAt: string | null;
}

export interface PasskeyView {
  /** Digest of the credential, as the audit log names it. */
  readonly passkey: string;
  /** Base64url. */
  readonly credential: string;
  /** SubjectPublicKeyInfo, DER in base64url. */
  readonly publicKey: string;
  readonly algorithm: number;
  /** The authenticator may copy it to other devices. */
  readonly synced: boolean;
  /** Model of the authenticator, as it says itself. */
  readonly aaguid: string;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
}

export interface InvitationInput {
  readonly roles?: readonly OperatorRole[];
  /** For another passkey of a person who is there. */
  readonly operator?: string;
  /** A digest of it is kept, so that an account with the same address is the same person. */
  readonly email?: string;
}

export interface Invitation {
  readonly operator: string;
  /** Shown once. */
  readonly code: string;
  readonly url: string;
  readonly expiresInS: number;
}

export type OperatorChangeInput =
  | { readonly change: "grant" | "revoke"; readonly role: OperatorRole }
  | { readonly change: "disable" | "enable" }
  | { readonly change: "revoke-passkey"; readonly passkey: string };

/** Whoever answers for an attempt to come in; bounded by address and all together. */
export type RemoteAddress = string;

/**
 * Operators: how they come in, and what they may. Secrets are what cookies hold. `former` is the secret that the browser had, whose session ends.
 * Methods throw {@link ./problems.ts ProblemError}: `sign_in_refused` for everything that does not prove somebody, without saying what was wrong.
 */
export interface Operators {
  site(): Site;
  /** Whether a provider is set. */
  readonly hasProvider: boolean;
  session(secret: string): Promise<SignedIn | null>;
  /** Options for `navigator.credentials.get`. */
  signInOptions(from: RemoteAddress): Promise<object>;
  signIn(response: unknown, former: string | null, from: RemoteAddress): Promise<OpenedSession>;
  signOut(secret: string): Promise<void>;
  stepUpOptions(who: SignedIn): Promise<object>;
  /** The session goes on under another secret. */
  stepUp(who: SignedIn, secret: string, response: unknown): Promise<OpenedSession>;
  /** Options for `navigator.credentials.create`. @param who a code, or who is signed in. */
  enrolOptions(who: { readonly code: string } | SignedIn, from: RemoteAddress): Promise<object>;
  /** @returns a session for whoever came with a code; null for whoever has one. */
  enrol(
    who: { readonly code: string } | SignedIn,
    response: unknown,
    former: string | null,
    from: RemoteAddress,
  ): Promise<OpenedSession | null>;
  /** @returns where the browser goes, and what it keeps until it comes back. */
  beginProvider(from: RemoteAddress): Promise<{ readonly url: string; readonly attempt: string }>;
  finishProvider(attempt: string, query: string, former: string | null, from: RemoteAddress): Promise<OpenedSession>;
  list(): Promise<readonly OperatorView[]>;
  /** @param by id of the person, or `operator-key`. @throws {ProblemError} `operator_known`, `not_found`. */
  invite(input: InvitationInput, by: string): Promise<Invitation>;
  /** @returns false where there is no such person. @throws {ProblemError} `last_administrator`, `own_rights`. */
  change(operator: string, change: OperatorChangeInput, by: string): Promise<boolean>;
}
