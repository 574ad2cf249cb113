import { randomBytes, randomUUID } from "node:crypto";
import { PasskeyError, type PasskeyResponse, type VerifyPasskeySignature } from "../../domain/passkey.ts";
import { OpenIdError } from "../../identity/open-id-error.ts";
import type { OpenIdProvider } from "../../identity/open-id-provider.ts";
import type { EnrolledPasskey, Passkeys, SignedByPasskey } from "../../identity/passkeys.ts";
import type { PersonDigests } from "../../identity/person-digests.ts";
import type { RelyingParty } from "../../identity/relying-party.ts";
import { challengeLifeS, invitationLifeS, providerLifeS, sessionTimes } from "../../identity/session-rules.ts";
import type {
  Invitation,
  InvitationInput,
  OpenedSession,
  OperatorChangeInput,
  Operators,
  OperatorView,
  RemoteAddress,
  SignedIn,
} from "../../ingress/operators.ts";
import { ProblemError } from "../../ingress/problems.ts";
import type { ChallengeFor, OperatorRow, OperatorStore } from "../../store/operator-store.ts";
import type { AttemptLimit } from "./attempt-limit.ts";
import { errorKind, type ProgramLog } from "../log.ts";
import type { IngressMetrics } from "../metrics.ts";
import { randomLetters, secretHash } from "./secret-text.ts";

export interface OperatorParts {
  readonly store: OperatorStore;
  readonly digests: PersonDigests;
  /** Null: passkeys only. */
  readonly provider: OpenIdProvider | null;
  readonly party: () => RelyingParty;
  readonly attempts: AttemptLimit;
  readonly metrics: Pick<IngressMetrics, "signIns">;
  readonly log: ProgramLog;
  readonly now: () => number;
}

const providerPath = "/operators/provider/back";

/** Operators on the front: ceremonies, sessions and rights, each change one transaction of the database with its entry in the log. */
export class FrontOperators implements Operators {
  readonly #parts: OperatorParts;
  #passkeys: Promise<Passkeys> | null = null;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
  }

  readonly verifyPasskeySignature: VerifyPasskeySignature = async (asked) => (await this.#ceremonies()).verifySignature(asked);

  /**
   * Whether a person may still sign with a passkey, for who goes by a policy that names both. A policy is changed by approvals, which take their time; a passkey that
   * is revoked here, a person who is disabled or decides no longer and an authenticator whose counter went back sign nothing from then on; nor does one that never was enrolled here.
   */
  async isLivePasskeyOf(asked: Parameters<VerifyPasskeySignature>[0]): Promise<boolean> {
    const live = await this.#parts.store.livePasskeys([asked.response.id]);
    if (!live.some(({ person }) => person === asked.person)) return false;
    try {
      await this.verifyPasskeySignature(asked);
      return true;
    } catch (error) {
      if (!(error instanceof PasskeyError)) throw error;
      // Handed in again, as after an answer that was lost; whether it counts again is for the policy.
      return error.code === "replayed";
    }
  }

  site(): RelyingParty {
    return this.#parts.party();
  }

  get hasProvider(): boolean {
    return this.#parts.provider !== null;
  }

  async session(secret: string): Promise<SignedIn | null> {
    const row = await this.#parts.store.session(secretHash(secret), sessionTimes);
    if (row === null) return null;
    const { session, person, roles, method, confirmed, stepped_up: steppedUp, may_enrol: mayEnrol } = row;
    return { session, person, roles: new Set(roles), method, confirmed, steppedUp, mayEnrol };
  }

  async signInOptions(from: RemoteAddress): Promise<object> {
    this.#spendAttempt(from);
    return (await this.#ceremonies()).signingOptions(await this.#challenge({ purpose: "sign-in" }), []);
  }

  async signIn(response: unknown, former: string | null, from: RemoteAddress): Promise<OpenedSession> {
    this.#spendAttempt(from);
    const { person, credential } = await this.#signed(response, { purpose: "sign-in" }, null);
    return this.#open({ person, login: null, credential }, former);
  }

  signOut(secret: string): Promise<void> {
    return this.#parts.store.endSession(secretHash(secret));
  }

  async stepUpOptions({ session, person }: SignedIn): Promise<object> {
    const held = await this.#parts.store.passkeysOf(person);
    return (await this.#ceremonies()).signingOptions(await this.#challenge({ purpose: "step-up", session }), held);
  }

  async stepUp({ session, person }: SignedIn, secret: string, response: unknown): Promise<OpenedSession> {
    const { credential } = await this.#signed(response, { purpose: "step-up", session }, person);
    const next = newSecret();
    if (!(await this.#parts.store.stepUp(session, secretHash(secret), secretHash(next), credential))) throw refused();
    return { secret: next };
  }

  async enrolOptions(who: { readonly code: string } | SignedIn, from: RemoteAddress): Promise<object> {
    if ("code" in who) {
      this.#spendAttempt(from);
      const invitation = secretHash(who.code);
      const person = await this.#parts.store.invitation(invitation);
      if (person === null) throw this.#refuse("invitation", "unknown-code");
      return this.#enrolmentOptions(person, { purpose: "enrol", invitation });
    }
    if (!who.mayEnrol) throw new ProblemError("step_up_required");
    return this.#enrolmentOptions(who.person, { purpose: "enrol", session: who.session });
  }

  async enrol(
    who: { readonly code: string } | SignedIn,
    response: unknown,
    former: string | null,
    from: RemoteAddress,
  ): Promise<OpenedSession | null> {
    if ("code" in who) {
      this.#spendAttempt(from);
      const invitation = secretHash(who.code);
      const passkey = await this.#created(response, { purpose: "enrol", invitation });
      const person = await this.#parts.store.redeem(invitation, passkey);
      if (person === null) throw this.#refuse("invitation", "not-redeemed");
      return this.#open({ person, login: null, credential: passkey.credential }, former);
    }
    if (!who.mayEnrol) throw new ProblemError("step_up_required");
    const passkey = await this.#created(response, { purpose: "enrol", session: who.session });
    if (!(await this.#parts.store.enrolPasskey(who.session, sessionTimes.stepUpS, passkey))) throw this.#refuse("passkey", "not-enrolled");
    return null;
  }

  async beginProvider(from: RemoteAddress): Promise<{ readonly url: string; readonly attempt: string }> {
    this.#spendAttempt(from);
    const attempt = newSecret();
    const url = await this.#atProvider((provider) => provider.begin(Buffer.from(attempt, "base64url"), this.#redirectUri));
    await this.#parts.store.openChallenge(secretHash(attempt), { purpose: "oidc" }, providerLifeS);
    return { url: url.href, attempt };
  }

  async finishProvider(attempt: string, query: string, former: string | null, from: RemoteAddress): Promise<OpenedSession> {
    this.#spendAttempt(from);
    const { store, digests } = this.#parts;
    if (!(await store.takeChallenge(secretHash(attempt), { purpose: "oidc" }))) throw this.#refuse("oidc", "challenge");
    const account = await this.#atProvider((provider) => provider.finish(Buffer.from(attempt, "base64url"), this.#redirectUri, query));
    const { login, person, outcome } = await store.loginPerson(
      digests.issuer(account.issuer),
      digests.subject(account.issuer, account.subject),
      account.email === null ? null : digests.email(account.email),
    );
    if (outcome === "disabled" || outcome === "email-conflict") throw this.#refuse("oidc", outcome);
    return this.#open({ person, login, credential: null }, former);
  }

  async list(): Promise<readonly OperatorView[]> {
    const { readCoseKey } = await import("../../identity/cose-key.ts");
    const keyOf = (cose: Uint8Array): Buffer => readCoseKey(cose).key.export({ format: "der", type: "spki" });
    return (await this.#parts.store.list()).map((row) => operatorView(row, keyOf));
  }

  async invite({ roles = [], operator, email }: InvitationInput, by: string): Promise<Invitation> {
    const { store, digests } = this.#parts;
    const code = `pki_${randomLetters(32)}`;
    const person = operator ?? randomUUID();
    if (operator !== undefined && !(await store.list()).some((row) => row.person === operator)) throw new ProblemError("not_found");
    const outcome = await store.invite({
      codeSha256: secretHash(code),
      person,
      email: email === undefined ? null : digests.email(email),
      roles,
      lifeS: invitationLifeS,
      by,
    });
    if (outcome === "known-email") throw new ProblemError("operator_known");
    if (outcome === "refused") throw new ProblemError("not_found");
    return { operator: person, code, url: `${this.site().origin}/operators#${code}`, expiresInS: invitationLifeS };
  }

  async change(operator: string, change: OperatorChangeInput, by: string): Promise<boolean> {
    const { store, digests, provider } = this.#parts;
    const outcome = await store.change(operator, change, provider === null ? null : digests.issuer(provider.issuer), by);
    switch (outcome) {
      case "changed":
      case "unchanged":
        return true;
      case "unknown":
        return false;
      case "own-rights":
        throw new ProblemError("own_rights");
      case "last-administrator":
        throw new ProblemError("last_administrator");
    }
  }

  /** Loaded with the first ceremony: the library takes a quarter of a second, which a front that nobody signs in to need not wait for. */
  #ceremonies(): Promise<Passkeys> {
    const { party, store } = this.#parts;
    return (this.#passkeys ??= import("../../identity/passkeys.ts").then(({ Passkeys }) => new Passkeys(party, store)));
  }

  async #enrolmentOptions(person: string, what: ChallengeFor): Promise<object> {
    const held = await this.#parts.store.passkeysOf(person);
    return (await this.#ceremonies()).enrolmentOptions(person, await this.#challenge(what), held);
  }

  get #redirectUri(): string {
    return `${this.site().origin}${providerPath}`;
  }

  async #open(
    who: { readonly person: string; readonly login: string | null; readonly credential: Uint8Array | null },
    former: string | null,
  ): Promise<OpenedSession> {
    const secret = newSecret();
    const previousSha256 = former === null ? null : secretHash(former);
    const session = await this.#parts.store.openSession({ ...who, secretSha256: secretHash(secret), previousSha256 });
    if (session === null) throw this.#refuse(who.login === null ? "passkey" : "oidc", "disabled");
    this.#parts.metrics.signIns.inc({ method: who.login === null ? "passkey" : "oidc", outcome: "opened" });
    return { secret };
  }

  async #challenge(what: ChallengeFor): Promise<Buffer> {
    const challenge = randomBytes(32);
    await this.#parts.store.openChallenge(challenge, what, challengeLifeS);
    return challenge;
  }

  /** @throws {ProblemError} `sign_in_refused`, whatever is wrong. */
  async #signed(response: unknown, what: ChallengeFor, person: string | null): Promise<SignedByPasskey> {
    const given = response as PasskeyResponse;
    try {
      const challenge = await this.#taken(given.response.clientDataJSON, what);
      return await (await this.#ceremonies()).verify({ person, challenge, response: given });
    } catch (error) {
      if (!(error instanceof PasskeyError)) throw error;
      await this.#parts.store.noteRefused(Buffer.from(given.id, "base64url"), error.code);
      throw this.#refuse("passkey", error.code);
    }
  }

  async #created(response: unknown, what: ChallengeFor): Promise<EnrolledPasskey> {
    try {
      const challenge = await this.#taken((response as PasskeyResponse).response.clientDataJSON, what);
      return await (await this.#ceremonies()).readEnrolment(response, challenge);
    } catch (error) {
      throw error instanceof PasskeyError ? this.#refuse("passkey", error.code) : error;
    }
  }

  /** The challenge that a response claims to answer, if it was opened for this, and for the first time. */
  async #taken(clientDataJSON: string, what: ChallengeFor): Promise<Buffer> {
    const challenge = challengeIn(clientDataJSON);
    if (challenge === null || !(await this.#parts.store.takeChallenge(challenge, what))) throw new PasskeyError("mismatch");
    return challenge;
  }

  async #atProvider<Result>(work: (provider: OpenIdProvider) => Promise<Result>): Promise<Result> {
    const { provider, log } = this.#parts;
    if (provider === null) throw new ProblemError("not_found");
    try {
      return await work(provider);
    } catch (error) {
      if (!(error instanceof OpenIdError)) throw error;
      if (error.code === "refused") throw this.#refuse("oidc", "refused", error.cause);
      log.warn(errorKind(error.cause), "the sign-in provider does not answer");
      throw new ProblemError("provider_unavailable");
    }
  }

  #spendAttempt(from: RemoteAddress): void {
    const { attempts, now } = this.#parts;
    const retryAfterS = attempts.take(from, now());
    if (retryAfterS > 0) throw new ProblemError("too_many_attempts", { retryAfterS });
  }

  /** @param cause of which the log tells the kind. */
  #refuse(method: "passkey" | "oidc" | "invitation", code: string, cause?: unknown): ProblemError {
    const { metrics, log } = this.#parts;
    metrics.signIns.inc({ method, outcome: "refused" });
    log.warn({ method, refusal: code, ...(cause === undefined ? {} : errorKind(cause)) }, "a sign-in was refused");
    return refused();
  }
}

function refused(): ProblemError {
  return new ProblemError("sign_in_refused");
}

function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

function challengeIn(clientDataJSON: string): Buffer | null {
  try {
    const { challenge } = JSON.parse(Buffer.from(clientDataJSON, "base64url").toString("utf8")) as { challenge?: unknown };
    return typeof challenge === "string" && /^[\w-]{43}$/.test(challenge) ? Buffer.from(challenge, "base64url") : null;
  } catch {
    return null;
  }
}

/** @param keyOf SubjectPublicKeyInfo of a COSE_Key. */
function operatorView(
  { person, state, roles, created_at, signed_in_at, accounts, passkeys }: OperatorRow,
  keyOf: (cose: Uint8Array) => Buffer,
): OperatorView {
  return {
    operator: person,
    state,
    roles,
    accounts: Number(accounts),
    passkeys: passkeys.map(({ credential, publicKey, createdAt, lastUsedAt, ...rest }) => ({
      ...rest,
      credential: Buffer.from(credential, "base64").toString("base64url"),
      publicKey: keyOf(Buffer.from(publicKey, "base64")).toString("base64url"),
      createdAt: new Date(createdAt).toISOString(),
      lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt).toISOString(),
    })),
    createdAt: created_at.toISOString(),
    signedInAt: signed_in_at?.toISOString() ?? null,
  };
}
