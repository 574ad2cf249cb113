import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";

/** Any fixed number; nobody else locks it. */
const programKey = 7_204_118;
const pollMs = 100;
const connectMs = 10_000;
const defaults: ProgramLockTimes = { patienceMs: 5_000, unreachableMs: 180_000 };

export interface ProgramLockTimes {
  /** A program that was just killed may hold the lock until the database notices; so long it is waited for. */
  readonly patienceMs: number;
  /** A database that recovers from a crash lets nobody in; longer than this and it is lost to us. */
  readonly unreachableMs: number;
}

/**
 * The right to be the one program that runs on a database: an advisory lock that a connection holds. It ends with the connection, however that
 * ends, so a program that is killed leaves none behind. A connection that breaks while the program lives is made again, and the lock with it.
 */
export interface ProgramLock {
  /** Settles when the lock is gone for good: another program took it meanwhile, or the database lets us in no more. Not after `release`. */
  readonly lost: Promise<"taken" | "unreachable">;
  release(): Promise<void>;
}

/**
 * @returns null when another program holds the lock.
 * @throws {Error} when the first connection is refused.
 */
export async function takeProgramLock(config: pg.ClientConfig, times: Partial<ProgramLockTimes> = {}): Promise<ProgramLock | null> {
  const { patienceMs, unreachableMs } = { ...defaults, ...times };
  const first = await waitForLock(() => tryToTakeLock(config), patienceMs);
  return first === null ? null : new KeptLock(config, first, patienceMs, unreachableMs);
}

/** A connection that holds the lock. */
interface Hold {
  /** Settles when the connection has ended. */
  readonly ended: Promise<void>;
  end(): Promise<void>;
}

class KeptLock implements ProgramLock {
  readonly lost: ProgramLock["lost"];
  readonly #config: pg.ClientConfig;
  readonly #patienceMs: number;
  readonly #unreachableMs: number;
  #hold: Hold;
  #isReleased = false;

  constructor(config: pg.ClientConfig, hold: Hold, patienceMs: number, unreachableMs: number) {
    this.#config = config;
    this.#hold = hold;
    this.#patienceMs = patienceMs;
    this.#unreachableMs = unreachableMs;
    this.lost = new Promise((resolve) => void this.#keep().then((reason) => reason !== null && resolve(reason)));
  }

  async release(): Promise<void> {
    this.#isReleased = true;
    await this.#hold.end();
  }

  /** @returns why the lock is gone; null when it was given back. */
  async #keep(): Promise<"taken" | "unreachable" | null> {
    for (;;) {
      await this.#hold.ended;
      if (this.#isReleased) return null;
      const again = await waitForLock(() => this.#tryAgain(), this.#patienceMs).catch(() => "unreachable" as const);
      if (this.#isReleased) {
        if (again !== null && again !== "unreachable") await again.end();
        return null;
      }
      if (again === null) return "taken";
      if (again === "unreachable") return again;
      this.#hold = again;
    }
  }

  /** As soon as the database lets us in. @throws {Error} when it does not in time. */
  async #tryAgain(): Promise<Hold | null> {
    const giveUpAt = performance.now() + this.#unreachableMs;
    for (;;) {
      try {
        return await tryToTakeLock(this.#config);
      } catch (error) {
        if (this.#isReleased || performance.now() > giveUpAt) throw error;
        await wait(pollMs);
      }
    }
  }
}

async function waitForLock(attempt: () => Promise<Hold | null>, patienceMs: number): Promise<Hold | null> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const hold = await attempt();
    if (hold !== null || performance.now() > giveUpAt) return hold;
    await wait(pollMs);
  }
}

async function tryToTakeLock(config: pg.ClientConfig): Promise<Hold | null> {
  const client = new pg.Client({ ...config, application_name: "parcelkeep-program", connectionTimeoutMillis: connectMs });
  const ended = new Promise<void>((resolve) => client.once("end", () => resolve()));
  // Without a listener, a connection that breaks would end this program.
  client.on("error", () => {});
  const end = (): Promise<void> => client.end().catch(() => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ held: boolean }>("select pg_try_advisory_lock($1) as held", [programKey]);
    if (rows[0]?.held === true) return { ended, end };
  } catch (error) {
    await end();
    throw error;
  }
  await end();
  return null;
}
