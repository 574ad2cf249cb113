import { randomBytes } from "node:crypto";

/** Most tokens that are remembered; the oldest go first. */
const tokensMax = 1000;

/** Access tokens of one carrier's. */
export class Tokens {
  readonly #expiresAt = new Map<string, number>();

  issue(lifeSeconds: number, now: number): string {
    const token = randomBytes(24).toString("base64url");
    this.#expiresAt.set(token, now + lifeSeconds * 1000);
    for (const oldest of this.#expiresAt.keys()) {
      if (this.#expiresAt.size <= tokensMax) break;
      this.#expiresAt.delete(oldest);
    }
    return token;
  }

  isLive(token: string, now: number): boolean {
    return (this.#expiresAt.get(token) ?? 0) > now;
  }

  /** As if the carrier had withdrawn them all. */
  expireAll(): void {
    this.#expiresAt.clear();
  }
}
