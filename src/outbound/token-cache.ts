/** An access token as a token endpoint gave it. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** A token is not used when so much of its life is left, or a tenth of it: a call may take a while, and clocks differ. */
const marginMs = 60_000;
const marginShare = 0.1;

/** Access tokens of credentials, in memory alone: the next process asks for its own. */
export class TokenCache {
  readonly #now: () => number;
  readonly #held = new Map<string, { readonly token: Promise<IssuedToken>; expiresAt: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param issue asked once for callers that come at the same time; what it throws, all of them get, and the next asks again. */
  async of(credential: string, issue: () => Promise<IssuedToken>): Promise<string> {
    const held = this.#held.get(credential);
    if (held !== undefined && this.#now() < held.expiresAt) return (await held.token).token;
    const fresh = { token: issue(), expiresAt: Infinity };
    this.#held.set(credential, fresh);
    try {
      const { token, expiresInSeconds } = await fresh.token;
      const lifeMs = expiresInSeconds * 1000;
      fresh.expiresAt = this.#now() + lifeMs - Math.min(marginMs, lifeMs * marginShare);
      return token;
    } catch (error) {
      if (this.#held.get(credential) === fresh) this.#held.delete(credential);
      throw error;
    }
  }

  /** A token was refused before its time. One that has replaced it meanwhile stays. */
  async forget(credential: string, token: string): Promise<void> {
    const held = this.#held.get(credential);
    const issued = await held?.token.catch(() => null);
    if (issued?.token === token && this.#held.get(credential) === held) this.#held.delete(credential);
  }

  /** Forgets credentials that are not in use any more. */
  keep(credentials: ReadonlySet<string>): void {
    for (const credential of this.#held.keys()) if (!credentials.has(credential)) this.#held.delete(credential);
  }
}
