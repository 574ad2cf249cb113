/** A token bucket per tenant: `rate` a second in the long run, `burst` at once. */
export class RateLimit {
  readonly #buckets = new Map<string, { level: number; at: number }>();
  readonly #rate: number;
  readonly #burst: number;

  constructor(rate: number, burst: number) {
    this.#rate = rate;
    this.#burst = burst;
  }

  /** @returns 0 when the request may pass, else the seconds after which the next one may. */
  take(tenant: string, nowMs: number): number {
    const bucket = this.#buckets.get(tenant);
    if (bucket === undefined) {
      this.#buckets.set(tenant, { level: this.#burst - 1, at: nowMs });
      return 0;
    }
    bucket.level = Math.min(this.#burst, bucket.level + ((nowMs - bucket.at) / 1000) * this.#rate);
    bucket.at = nowMs;
    if (bucket.level < 1) return Math.max(1, Math.ceil((1 - bucket.level) / this.#rate));
    bucket.level--;
    return 0;
  }
}
