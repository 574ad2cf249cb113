import { randomUUID } from "node:crypto";
import { circuitBreaker, ConsecutiveBreaker, handleAll } from "cockatiel";
import { Redis } from "iovalkey";
import { RenewedPassword } from "./renewed-password.ts";
import { type FillTicket, type TrackingCache, trackingTtlMs } from "./tracking-cache.ts";

export interface RedisCacheOptions {
  readonly url: string;
  /** Keyed digest of a key, 64 hex digits: whoever reads the cache learns no id from its keys. */
  readonly digest: (key: string) => string;
  /** Certificates (PEM) of the authorities for `rediss:`; left out: the usual ones. */
  readonly authorities?: string | undefined;
  /** A password that changes, in the place of the address's. */
  readonly password?: (() => Promise<string>) | undefined;
  readonly ttlMs?: number;
  /** A command that takes longer is a miss. */
  readonly commandMs?: number;
  /** Called once each time that the cache is given up for a while. */
  readonly onAway?: () => void;
  /** Called with each password that could not be made; it is tried again. */
  readonly onNoPassword?: (error: unknown) => void;
}

export interface RemoteCacheCounters {
  readonly hits: number;
  readonly misses: number;
  readonly dropped: number;
  readonly failures: number;
}

const usualCommandMs = 100;
const connectMs = 2_000;
const reconnectMaxMs = 2_000;
/** After so many failures in a row nothing is asked for a while: a cache that is away must not cost each read a time-out. */
const failuresInARow = 5;
const awayMs = 1_000;
/** What is larger is read from the database. */
const valueBytesMax = 64 * 1024;
/** All keys of a group are in one slot of a cluster, as a script wants it, and groups are what a cluster spreads. */
const groups = Array.from({ length: 16 }, (_, group) => group.toString(16));

/*
 * What stands there, for a key whose digest begins with `a`:
 *
 *   pk:{a}:<digest>     the value, after the mark of the clearing that it came after
 *   pk:{a}:<digest>:g   mark of the key's last invalidation: a random text
 *   pk:{a}:c            mark of the last clearing
 *
 * Marks are random and expire, so that nothing grows and a cache that has lost them (restart, eviction, a replica that was promoted) cannot come back to a mark
 * that a ticket still has: a missing one is a mark of its own. They outlive every ticket and every value that is older than they are.
 */
const fillScript = `
  if redis.call("GET", KEYS[1]) ~= (ARGV[1] ~= "" and ARGV[1]) then return 0 end
  if redis.call("GET", KEYS[2]) ~= (ARGV[2] ~= "" and ARGV[2]) then return 0 end
  redis.call("SET", KEYS[3], ARGV[4], "PX", ARGV[3])
  return 1`;
const forgetScript = `
  redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
  return redis.call("DEL", KEYS[2])`;

type Scripted = Redis & {
  pkFill(clearing: string, mark: string, value: string, ...args: (string | number | Buffer)[]): Promise<number>;
  pkForget(mark: string, value: string, token: string, ttlMs: number): Promise<number>;
};

/**
 * The tracking cache that several processes share, in Valkey or Redis. Whatever fails is a miss, and an invalidation that is lost is made up for by the expiry.
 * Keys are keyed digests; values are what tracking reads answer, pseudonymous.
 */
export class RedisCache implements TrackingCache {
  readonly #client: Scripted;
  readonly #digest: (key: string) => string;
  readonly #ttlMs: number;
  readonly #breaker = circuitBreaker(handleAll, { halfOpenAfter: awayMs, breaker: new ConsecutiveBreaker(failuresInARow) });
  readonly #password: RenewedPassword | null;
  #hits = 0;
  #misses = 0;
  #dropped = 0;
  #failures = 0;

  private constructor(client: Scripted, { digest, ttlMs = trackingTtlMs, onAway }: RedisCacheOptions, password: RenewedPassword | null) {
    this.#client = client;
    this.#digest = digest;
    this.#ttlMs = ttlMs;
    this.#breaker.onBreak(() => onAway?.());
    this.#password = password;
  }

  /** Does not wait for the cache: it may come later. */
  static async open(options: RedisCacheOptions): Promise<RedisCache> {
    const { url, authorities, password, commandMs = usualCommandMs } = options;
    const client = new Redis(url, {
      lazyConnect: true,
      connectTimeout: connectMs,
      commandTimeout: commandMs,
      // A command that cannot be sent now is a miss now.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      // Wants INFO, which a user for this alone does not have.
      enableReadyCheck: false,
      retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), reconnectMaxMs),
      scripts: { pkFill: { lua: fillScript, numberOfKeys: 3 }, pkForget: { lua: forgetScript, numberOfKeys: 2 } },
      ...(authorities === undefined ? {} : { tls: { ca: authorities } }),
    }) as Scripted;
    client.on("error", () => {});
    const renewed =
      password === undefined
        ? null
        : await RenewedPassword.start({
            make: password,
            // Read at the next connection; the one that stands goes on, and one that was not let in is made again.
            use: (each) => (client.options.password = each),
            failed: (error) => options.onNoPassword?.(error),
          });
    void client.connect().catch(() => {});
    return new RedisCache(client, options, renewed);
  }

  async get(key: string): Promise<Buffer | undefined> {
    const { clearing, value } = this.#names(key);
    const [mark, held] = (await this.#attempt(() => this.#client.mgetBuffer(clearing, value))) ?? [];
    const bytes = held == null ? undefined : valueAfter(mark ?? Buffer.alloc(0), held);
    if (bytes === undefined) this.#misses++;
    else this.#hits++;
    return bytes;
  }

  async begin(key: string): Promise<FillTicket> {
    const begunAt = performance.now();
    const { clearing, mark } = this.#names(key);
    const marks = await this.#attempt(() => this.#client.mget(clearing, mark));
    return { key, generation: marks === undefined ? null : marks.map((each) => each ?? "").join("/"), begunAt };
  }

  async fill({ key, generation, begunAt }: FillTicket, bytes: Buffer): Promise<boolean> {
    const leftMs = Math.floor(this.#ttlMs - (performance.now() - begunAt));
    if (typeof generation === "string" && leftMs > 0 && bytes.length <= valueBytesMax) {
      const { clearing, mark, value } = this.#names(key);
      const [cleared = "", outdated = ""] = generation.split("/");
      const stored = valueOf(cleared, bytes);
      if ((await this.#attempt(() => this.#client.pkFill(clearing, mark, value, cleared, outdated, leftMs, stored))) === 1) return true;
    }
    this.#dropped++;
    return false;
  }

  async set(key: string, bytes: Buffer): Promise<void> {
    await this.invalidate([key]);
    await this.fill(await this.begin(key), bytes);
  }

  async invalidate(keys: readonly string[]): Promise<void> {
    await Promise.all(
      keys.map((key) => {
        const { mark, value } = this.#names(key);
        return this.#attempt(() => this.#client.pkForget(mark, value, randomUUID(), this.#markMs));
      }),
    );
  }

  async clear(): Promise<void> {
    const token = randomUUID();
    await Promise.all(groups.map((group) => this.#attempt(() => this.#client.set(`pk:{${group}}:c`, token, "PX", this.#markMs))));
  }

  counters(): RemoteCacheCounters {
    return { hits: this.#hits, misses: this.#misses, dropped: this.#dropped, failures: this.#failures };
  }

  async close(): Promise<void> {
    this.#password?.stop();
    this.#client.disconnect();
  }

  /** A mark outlives every ticket and value from before it; clocks of processes do not meet here. */
  get #markMs(): number {
    return 3 * this.#ttlMs;
  }

  #names(key: string): { readonly clearing: string; readonly mark: string; readonly value: string } {
    const digest = this.#digest(key);
    const group = `pk:{${digest[0]}}`;
    return { clearing: `${group}:c`, mark: `${group}:${digest}:g`, value: `${group}:${digest}` };
  }

  /** @returns undefined where the cache does not answer. */
  async #attempt<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await this.#breaker.execute(ask);
    } catch {
      this.#failures++;
      return undefined;
    }
  }
}

function valueOf(clearing: string, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(clearing.length), Buffer.from(clearing, "latin1"), bytes]);
}

/** @returns undefined where the value is from before the clearing. */
function valueAfter(clearing: Buffer, held: Buffer): Buffer | undefined {
  const end = 1 + (held[0] ?? 0);
  return held.subarray(1, end).equals(clearing) ? held.subarray(end) : undefined;
}
