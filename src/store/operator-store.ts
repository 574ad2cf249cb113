import type pg from "pg";
import type { OperatorRole } from "../domain/operator.ts";
import type { LivePasskey } from "../domain/passkey.ts";
import { livePasskeys } from "./live-passkeys.ts";

export type ChallengePurpose = "sign-in" | "step-up" | "enrol" | "oidc";

/** What a challenge was opened for; it is taken for the same and nothing else. */
export interface ChallengeFor {
  readonly purpose: ChallengePurpose;
  readonly session?: string;
  /** Digest of an invitation's code. */
  readonly invitation?: Uint8Array;
}

export interface NewPasskey {
  readonly credential: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly algorithm: number;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly aaguid: string;
  readonly synced: boolean;
}

export interface SessionRow {
  readonly session: string;
  readonly person: string;
  readonly roles: readonly OperatorRole[];
  readonly method: "oidc" | "passkey";
  /** False for an account that was recognised by its address, until a passkey confirms it. */
  readonly confirmed: boolean;
  readonly stepped_up: boolean;
  readonly may_enrol: boolean;
}

export interface OperatorRow {
  readonly person: string;
  readonly state: "active" | "disabled";
  readonly roles: readonly OperatorRole[];
  readonly created_at: Date;
  readonly signed_in_at: Date | null;
  readonly accounts: string;
  readonly passkeys: readonly {
    /** Digest, as the audit log names it. */
    readonly passkey: string;
    /** Base64. */
    readonly credential: string;
    /** COSE_Key in base64. */
    readonly publicKey: string;
    readonly algorithm: number;
    readonly synced: boolean;
    readonly aaguid: string;
    readonly createdAt: string;
    readonly lastUsedAt: string | null;
  }[];
}

export interface LoginRow {
  readonly login: string;
  readonly person: string;
  readonly outcome: "known" | "linked" | "new" | "disabled" | "email-conflict";
}

export type OperatorChange =
  | { readonly change: "grant" | "revoke"; readonly role: OperatorRole }
  | { readonly change: "disable" | "enable" }
  | { readonly change: "revoke-passkey"; readonly passkey: string };

export type ChangeOutcome = "changed" | "unchanged" | "unknown" | "own-rights" | "last-administrator";

export interface SessionTimes {
  readonly idleS: number;
  readonly lifeS: number;
  readonly stepUpS: number;
}

/** Operators, their passkeys and sessions. Secrets and codes come in as digests. */
export function operatorStore(pool: pg.Pool) {
  const one = async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row | null> =>
    (await pool.query<Row>(text, [...values])).rows[0] ?? null;
  const seconds = (count: number): string => `${count} seconds`;
  return {
    openChallenge: async (challenge: Uint8Array, { purpose, session, invitation }: ChallengeFor, lifeS: number): Promise<void> =>
      void (await pool.query("select parcelkeep.open_challenge($1, $2, $3, $4, $5)", [
        challenge,
        purpose,
        session ?? null,
        invitation ?? null,
        seconds(lifeS),
      ])),
    /** @returns true once. */
    takeChallenge: async (challenge: Uint8Array, { purpose, session, invitation }: ChallengeFor): Promise<boolean> =>
      (await one<{ taken: boolean }>("select parcelkeep.take_challenge($1, $2, $3, $4) as taken", [
        challenge,
        purpose,
        session ?? null,
        invitation ?? null,
      ]))!.taken,
    /** @returns null for one that is unknown or revoked, or whose person is disabled. */
    passkey: (credential: Uint8Array) => one<{ person: string; public_key: Buffer }>("select * from parcelkeep.passkey($1)", [credential]),
    /** Which of these credentials may sign approvals now. */
    livePasskeys: (credentials: readonly string[]): Promise<readonly LivePasskey[]> => livePasskeys(pool, credentials),
    passkeysOf: async (person: string) =>
      (await pool.query<{ credential: Buffer; transports: string[] }>("select * from parcelkeep.passkeys_of($1)", [person])).rows,
    usePasskey: async (credential: Uint8Array, person: string, challenge: Uint8Array, counter: number) =>
      (await one<{ outcome: "used" | "unknown-credential" | "replayed" | "counter-went-back" }>(
        "select parcelkeep.use_passkey($1, $2, $3, $4) as outcome",
        [credential, person, challenge, counter],
      ))!.outcome,
    /** @returns false where the session may not, or the passkey is known. */
    enrolPasskey: async (session: string, stepUpS: number, passkey: NewPasskey): Promise<boolean> =>
      (await one<{ outcome: string }>("select parcelkeep.enrol_passkey($1, $2, $3, $4, $5, $6, $7, $8, $9) as outcome", [
        session,
        seconds(stepUpS),
        ...passkeyColumns(passkey),
      ]))!.outcome === "enrolled",
    invite: async (invited: {
      readonly codeSha256: Uint8Array;
      readonly person: string;
      readonly email: Uint8Array | null;
      readonly roles: readonly OperatorRole[];
      readonly lifeS: number;
      readonly by: string;
    }) =>
      (await one<{ outcome: "invited" | "refused" | "known-email" }>(
        "select parcelkeep.invite_operator($1, $2, $3, $4, $5, $6) as outcome",
        [invited.codeSha256, invited.person, invited.email, invited.roles, seconds(invited.lifeS), invited.by],
      ))!.outcome,
    /** @returns the person whom a code lets in; null where it lets in nobody. */
    invitation: async (codeSha256: Uint8Array) =>
      (await one<{ person: string }>("select * from parcelkeep.invitation($1)", [codeSha256]))?.person ?? null,
    /** Uses the code up. @returns the person; null where the code or the passkey is not taken. */
    redeem: async (codeSha256: Uint8Array, passkey: NewPasskey) =>
      (await one<{ person: string | null }>("select parcelkeep.redeem_invitation($1, $2, $3, $4, $5, $6, $7, $8) as person", [
        codeSha256,
        ...passkeyColumns(passkey),
      ]))!.person,
    loginPerson: async (issuer: Uint8Array, subject: Uint8Array, email: Uint8Array | null) =>
      (await one<LoginRow>("select * from parcelkeep.login_person($1, $2, $3)", [issuer, subject, email]))!,
    /** @returns the session's id; null for a person who is disabled. */
    openSession: async (opened: {
      readonly secretSha256: Uint8Array;
      readonly person: string;
      readonly login: string | null;
      readonly credential: Uint8Array | null;
      /** Of the session that the browser had. */
      readonly previousSha256: Uint8Array | null;
    }) =>
      (await one<{ session: string | null }>("select parcelkeep.open_operator_session($1, $2, $3, $4, $5) as session", [
        opened.secretSha256,
        opened.person,
        opened.login,
        opened.credential,
        opened.previousSha256,
      ]))!.session,
    endSession: async (secretSha256: Uint8Array): Promise<void> =>
      void (await pool.query("select parcelkeep.end_operator_session($1)", [secretSha256])),
    session: (secretSha256: Uint8Array, { idleS, lifeS, stepUpS }: SessionTimes) =>
      one<SessionRow>("select * from parcelkeep.operator_session($1, $2, $3, $4)", [
        secretSha256,
        seconds(idleS),
        seconds(lifeS),
        seconds(stepUpS),
      ]),
    /** @returns false where the session has ended, or the passkey is none of the person's. */
    stepUp: async (session: string, formerSha256: Uint8Array, secretSha256: Uint8Array, credential: Uint8Array): Promise<boolean> =>
      (await one<{ done: boolean }>("select parcelkeep.step_up_operator_session($1, $2, $3, $4) as done", [
        session,
        formerSha256,
        secretSha256,
        credential,
      ]))!.done,
    noteRefused: async (credential: Uint8Array, code: string): Promise<void> =>
      void (await pool.query("select parcelkeep.note_sign_in_refused($1, $2)", [credential, code])),
    /** @param issuer digest of the provider that is set; null where none is. @param by the person, or `operator-key`. */
    change: async (person: string, change: OperatorChange, issuer: Uint8Array | null, by: string, approval: string | null = null) =>
      (await one<{ outcome: ChangeOutcome }>("select parcelkeep.change_operator($1, $2, $3, $4, $5, $6) as outcome", [
        change.change,
        person,
        valueOf(change),
        issuer,
        by,
        approval,
      ]))!.outcome,
    list: async () => (await pool.query<OperatorRow>("select * from parcelkeep.operators()")).rows,
  };
}

export type OperatorStore = ReturnType<typeof operatorStore>;

function passkeyColumns({ credential, publicKey, algorithm, counter, transports, aaguid, synced }: NewPasskey): readonly unknown[] {
  return [credential, publicKey, algorithm, counter, transports, aaguid, synced];
}

function valueOf(change: OperatorChange): string | null {
  switch (change.change) {
    case "grant":
    case "revoke":
      return change.role;
    case "revoke-passkey":
      return change.passkey;
    case "disable":
    case "enable":
      return null;
  }
}
