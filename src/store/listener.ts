import pg from "pg";

const firstRetryMs = 100;
const lastRetryMs = 5_000;

export interface Hearing {
  heard(payload: string): void;
  /** Something may have been said that was not heard: the connection is lost, or is there again. */
  missed(): void;
  /** A connection could not be made, or broke. */
  failed(error: unknown): void;
}

/** Hears what is notified on one channel of the database, over a connection of its own that is made again whenever it is lost. */
export class Listener {
  readonly #options: pg.ClientConfig;
  readonly #channel: string;
  readonly #hearing: Hearing;
  #client: pg.Client | null = null;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = firstRetryMs;
  #isStopped = false;

  /** @param channel a plain SQL name. */
  constructor(options: pg.ClientConfig, channel: string, hearing: Hearing) {
    this.#options = { ...options, keepAlive: true };
    this.#channel = channel;
    this.#hearing = hearing;
  }

  /** Resolves when it hears for the first time, or has failed to once and goes on trying. */
  async start(): Promise<void> {
    if (this.#isStopped) return;
    const client = new pg.Client(this.#options);
    this.#client = client;
    client.on("notification", ({ payload }) => this.#hearing.heard(payload ?? ""));
    client.on("error", (error) => this.#lose(client, error));
    client.on("end", () => this.#lose(client, null));
    try {
      await client.connect();
      await client.query(`listen ${this.#channel}`);
      if (this.#client !== client) return;
      this.#retryMs = firstRetryMs;
      this.#hearing.missed();
    } catch (error) {
      this.#lose(client, error);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => {});
  }

  #lose(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = null;
    client.end().catch(() => {});
    if (this.#isStopped) return;
    if (error !== null) this.#hearing.failed(error);
    this.#hearing.missed();
    this.#retry = setTimeout(() => void this.start(), this.#retryMs * (0.5 + Math.random() / 2));
    this.#retryMs = Math.min(lastRetryMs, this.#retryMs * 2);
  }
}
