import { execFile } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import pg from "pg";
import { keyPath } from "../src/main/keys/key-paths.ts";
import { localSealingKeys } from "../src/vault/keys/local/sealing.ts";
import type { KeyPurpose } from "../src/vault/keys/provider.ts";
import { RunningProgram } from "../test/support/running-program.ts";
import type { BodyMix } from "./bodies.ts";
import { recycleLog } from "./recycled-log.ts";

const secret = "bench-secret";
const probeGapMs = 20;
const probePollMs = 4;
const probeMaxMs = 5_000;

export const productSettings = {
  PARCELKEEP_TENANT_RATE: "1000000",
  PARCELKEEP_TENANT_BURST: "1000000",
  // Nothing is refused for what waits in the inbox.
  PARCELKEEP_INBOX_MAX: "10000000",
  PARCELKEEP_SEGMENT_AGE_MS: "2000",
};

/** A tenant, its API key, and the endpoints that the mix of bodies goes to. */
export interface Shop {
  readonly tenant: string;
  readonly key: string;
  readonly fedex: string;
  readonly aftership: string;
}

export function newShop(program: RunningProgram): Shop {
  const { tenant, apiKey } = JSON.parse(program.command("tenants", "create", "--name", "Bench", "--json"));
  const endpoint = (source: string): string =>
    JSON.parse(program.command("endpoints", "create", "--tenant", tenant, "--source", source, "--secret", secret, "--json")).id;
  return { tenant, key: apiKey, fedex: endpoint("fedex"), aftership: endpoint("aftership") };
}

let legs = 0;

/** Bodies that no other leg has sent. */
export function mixOf(shop: Shop, count: number): BodyMix {
  return {
    secret,
    fedexPath: `/v1/hooks/${shop.fedex}`,
    aftershipPath: `/v1/hooks/${shop.aftership}`,
    count,
    leg: String(legs++).padStart(3, "0"),
  };
}

/** The running product, with a shop. */
export class Target {
  readonly #program: RunningProgram;
  #shop: Shop = { tenant: "", key: "", fedex: "", aftership: "" };

  private constructor(env: NodeJS.ProcessEnv) {
    this.#program = new RunningProgram({ ...productSettings, ...env }, tmpdir());
  }

  static async start(env: NodeJS.ProcessEnv = {}): Promise<Target> {
    const target = new Target(env);
    await target.#program.start();
    target.#shop = newShop(target.#program);
    await recycleLog(target.#program.command("db", "url").trim());
    return target;
  }

  get url(): string {
    return this.#program.url;
  }

  mix(count: number): BodyMix {
    return mixOf(this.#shop, count);
  }

  /** Resolves when the worker has nothing left to do. */
  async drained(): Promise<void> {
    await this.#program.until(
      async () => /parcelkeep_inbox_depth 0\n/.test((await this.#program.call("/metrics")).text),
      "the inbox to drain",
      300_000,
    );
  }

  /** Path of a tracking answer. */
  async trackPath(): Promise<string> {
    const { items } = (await this.#program.call("/v1/shipments?limit=1", { key: this.#shop.key })).json();
    return `/v1/track/${items[0].publicId}`;
  }

  /** Sends a webhook of a new parcel now and then, and looks until the API shows it. @returns milliseconds for each. */
  async timeToVisible(forMs: number): Promise<readonly number[]> {
    const end = performance.now() + forMs;
    const times: number[] = [];
    for (let serial = 0; performance.now() < end; serial++) {
      const number = `999${String(serial).padStart(9, "0")}`;
      const result = { trackingNumberInfo: { trackingNumber: number }, latestStatusDetail: { code: "IT" } };
      const body = JSON.stringify({ output: { completeTrackResults: [{ trackingNumber: number, trackResults: [result] }] } });
      const headers = { "content-type": "application/json", "fdx-signature": createHmac("sha256", secret).update(body).digest("base64") };
      const sentAt = performance.now();
      await this.#program.call(`/v1/hooks/${this.#shop.fedex}`, { method: "POST", body, headers });
      while (performance.now() - sentAt < probeMaxMs) {
        const { items } = (await this.#program.call(`/v1/shipments?trackingNumber=${number}`, { key: this.#shop.key })).json();
        if (items.length > 0) break;
        await pause(probePollMs);
      }
      times.push(performance.now() - sentAt);
      await pause(probeGapMs);
    }
    return times;
  }

  /** Puts that many values into the vault's index and beside them their groups, as years of ingest would. */
  async fillTokens(count: number): Promise<void> {
    await this.#asOwner(async (client) => {
      await client.query(
        `insert into parcelkeep.token_index (blind, tenant, token, subject)
         select gen_random_uuid(), gen_random_uuid(), decode(md5(i::text) || '00000000', 'hex'), gen_random_uuid() from generate_series(1, $1) i`,
        [count],
      );
      await client.query(
        `insert into parcelkeep.sealed_groups (id, tenant, subject, record, session, purpose, salt, commitment, sealed)
         select decode(md5(i::text) || '000000', 'hex'), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'p', decode(md5(i::text), 'hex'),
           decode(md5(i::text), 'hex'), decode(repeat(md5(i::text), 8), 'hex') from generate_series(1, $1) i`,
        [count],
      );
      await client.query("vacuum analyze parcelkeep.token_index, parcelkeep.sealed_groups");
    });
  }

  /** Sessions with real wraps, as hours of ingest of many tenants would leave. */
  async plantSessions(count: number): Promise<void> {
    const sealing = await localSealingKeys(keyPath(this.#program.dataDir, "sealing"));
    const epoch = sealing.currentEpoch;
    const wraps = (purpose: KeyPurpose): Promise<Buffer[]> =>
      Promise.all(Array.from({ length: count }, () => sealing.wrap(randomBytes(32), { tenant: this.#shop.tenant, purpose, epoch })));
    const [raw, values, numbers] = [await wraps("raw-records"), await wraps("personal-values"), await wraps("tracking-numbers")];
    await this.#asOwner((client) =>
      client.query(
        `select count(parcelkeep.open_ingest_session($1, $2, raw, vals, numbers)) from unnest($3::bytea[], $4::bytea[], $5::bytea[]) as w(raw, vals, numbers)`,
        [this.#shop.tenant, epoch, raw, values, numbers],
      ),
    );
  }

  /** Index entries of the tenant's, without values. */
  async plantIndex(count: number): Promise<void> {
    await this.#asOwner(async (client) => {
      await client.query(
        `insert into parcelkeep.token_index (blind, tenant, token, subject)
         select gen_random_uuid(), $2, decode(md5(i::text) || '00000000', 'hex'), gen_random_uuid() from generate_series(1, $1) i`,
        [count, this.#shop.tenant],
      );
      await client.query("vacuum analyze parcelkeep.token_index");
    });
  }

  /** Runs a rotation to its end. */
  async rotate(what: readonly string[], rate: number): Promise<{ readonly perSecond: number; readonly moved: number }> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(import.meta.dirname, "..", "src", "cli", "main.ts"), "keys", "rotate", ...what, "--rate", String(rate), "--json"],
      { env: this.#program.env },
    );
    return JSON.parse(stdout.trim().split("\n").at(-1)!);
  }

  /** Rotates epochs one after the other for about this long. @returns wraps moved a second, starts of commands included. */
  async rotateFor(ms: number, rate: number): Promise<number> {
    const startedAt = performance.now();
    let moved = 0;
    while (performance.now() - startedAt < ms) moved += (await this.rotate(["epoch"], rate)).moved;
    return (moved / (performance.now() - startedAt)) * 1000;
  }

  /** Bytes of the segments for each byte of the bodies that stand in them. */
  async storedPerPayloadByte(): Promise<number> {
    return this.#asOwner(async (client) => {
      const unarchived = "select count(*)::int as left from parcelkeep.raw_batches";
      await this.#program.until(async () => (await client.query(unarchived)).rows[0].left === 0, "the archive", 300_000);
      const { rows } = await client.query("select sum(bytes)::float8 as bytes, sum(records)::float8 as records from parcelkeep.segments");
      return rows[0].bytes / rows[0].records / payloadBytesOnAverage;
    });
  }

  remove(): Promise<void> {
    return this.#program.remove();
  }

  async #asOwner<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const client = new pg.Client({ connectionString: this.#program.command("db", "url").trim() });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}

/** The bodies of the mix are within a few bytes of this. */
const payloadBytesOnAverage = 2_050;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
