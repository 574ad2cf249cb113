import type { SimulatedQuota } from "./simulated-carrier.ts";

/** Counts calls and numbers of one carrier in whole windows since 1970. */
export class QuotaMeter {
  readonly #quotas: readonly SimulatedQuota[];
  readonly #used: { window: number; count: number }[];

  constructor(quotas: readonly SimulatedQuota[]) {
    this.#quotas = quotas;
    this.#used = quotas.map(() => ({ window: 0, count: 0 }));
  }

  /** Counts a call. @returns null, or the seconds to wait where a quota is used up; such a call counts against none. */
  take(numbers: number, now: number): number | null {
    for (const [at, quota] of this.#quotas.entries()) {
      const used = this.#used[at]!;
      const window = Math.floor(now / quota.windowMs);
      if (used.window !== window) Object.assign(used, { window, count: 0 });
      if (used.count + amount(quota, numbers) > quota.count) return Math.ceil(((window + 1) * quota.windowMs - now) / 1000);
    }
    for (const [at, quota] of this.#quotas.entries()) this.#used[at]!.count += amount(quota, numbers);
    return null;
  }
}

function amount({ unit }: SimulatedQuota, numbers: number): number {
  return unit === "calls" ? 1 : numbers;
}
