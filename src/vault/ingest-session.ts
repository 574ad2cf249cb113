import { KeyedHash } from "../domain/keyed-hash.ts";
import type { DataKey, KeyPurpose, SealingKeys } from "./keys/provider.ts";

/** A session key seals for at most this long, and for at most this many records (DESIGN section 6). */
export const sessionAgeMaxMs = 60_000;
export const sessionRecordsMax = 10_000;
/** A batch that took the session just before its end has this long to finish sealing; after it the key is gone and the batch fails, unacknowledged. */
const sealingGraceMs = 30_000;

/** One data key per purpose; HMAC under it gives the key of each raw record or group. */
export type SessionKeys = Readonly<Record<SessionPurpose, KeyedHash>>;

export interface IngestSession {
  readonly id: number;
  readonly keys: SessionKeys;
}

export const sessionPurposes = ["raw-records", "personal-values", "tracking-numbers"] as const satisfies readonly KeyPurpose[];
export type SessionPurpose = (typeof sessionPurposes)[number];

/**
 * What a session's keys are made with. `refresh` learns of a new epoch, where there is one, and is asked before each session; absent where a
 * process keeps the epochs that it was started with.
 */
export type SessionKeySource = Pick<SealingKeys, "generateDataKey" | "currentEpoch"> & { refresh?(): Promise<void> };

/** Stores the wraps durably before their keys seal anything. @returns the session's id. */
export type OpenSession = (tenant: string, epoch: number, wrapped: Readonly<Record<SessionPurpose, Uint8Array>>) => Promise<number>;

interface Held {
  readonly session: IngestSession;
  readonly openedAt: number;
  records: number;
}

/**
 * The session keys of an ingress process: one per tenant at a time. The plaintext key never leaves the process; at the end of a session its
 * pads are zeroed, and since this process holds no right to unwrap, it cannot open what it sealed.
 */
export class IngestSessions {
  readonly #held = new Map<string, Held>();
  /** Ended, not yet zeroed. */
  #ended: { readonly session: IngestSession; readonly endedAt: number }[] = [];
  readonly #opening = new Map<string, Promise<Held>>();
  readonly #keys: SessionKeySource;
  readonly #open: OpenSession;
  readonly #now: () => number;

  constructor(keys: SessionKeySource, open: OpenSession, now: () => number) {
    this.#keys = keys;
    this.#open = open;
    this.#now = now;
  }

  /** The session to seal `records` more records of a tenant with. */
  async take(tenant: string, records: number): Promise<IngestSession> {
    const held = this.#held.get(tenant);
    if (held !== undefined && this.#now() - held.openedAt < sessionAgeMaxMs && held.records + records <= sessionRecordsMax) {
      held.records += records;
      return held.session;
    }
    const opening = this.#opening.get(tenant) ?? this.#renew(tenant);
    this.#opening.set(tenant, opening);
    const fresh = await opening;
    fresh.records += records;
    return fresh.session;
  }

  /** Zeroes what has ended; to be called now and then, so that a quiet tenant's key does not outlive its time. */
  sweep(): void {
    for (const [tenant, held] of this.#held) {
      if (this.#now() - held.openedAt >= sessionAgeMaxMs) this.#end(tenant);
    }
    const over = this.#ended.filter(({ endedAt }) => this.#now() - endedAt >= sealingGraceMs);
    for (const { session } of over) for (const key of Object.values(session.keys)) key[Symbol.dispose]();
    this.#ended = this.#ended.filter((each) => !over.includes(each));
  }

  #end(tenant: string): void {
    const held = this.#held.get(tenant);
    if (held === undefined) return;
    this.#held.delete(tenant);
    this.#ended.push({ session: held.session, endedAt: this.#now() });
  }

  async #renew(tenant: string): Promise<Held> {
    try {
      // Keys that cannot be read at this moment do not stop ingest: those that are held serve until their epoch is retired.
      await this.#keys.refresh?.().catch(() => {});
      const epoch = this.#keys.currentEpoch;
      const made = await Promise.all(sessionPurposes.map((purpose) => this.#keys.generateDataKey({ tenant, purpose, epoch })));
      const keys = byPurpose(made.map(takeKey));
      const id = await this.#open(tenant, epoch, byPurpose(made.map(({ wrapped }) => wrapped)));
      const fresh: Held = { session: { id, keys }, openedAt: this.#now(), records: 0 };
      this.#end(tenant);
      this.#held.set(tenant, fresh);
      return fresh;
    } finally {
      this.#opening.delete(tenant);
    }
  }
}

function byPurpose<Value>(values: readonly Value[]): Readonly<Record<SessionPurpose, Value>> {
  return Object.fromEntries(sessionPurposes.map((purpose, index) => [purpose, values[index]!])) as Record<SessionPurpose, Value>;
}

function takeKey({ plaintext }: DataKey): KeyedHash {
  const key = new KeyedHash(plaintext);
  plaintext.fill(0);
  return key;
}
