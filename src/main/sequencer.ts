import { hostname } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { CanonicalValue } from "../audit/canonical-json.ts";
import type { Checkpoint } from "../audit/checkpoint.ts";
import type { AuditDraft } from "../audit/entry.ts";
import { GrowingTree, leafHash } from "../audit/merkle.ts";
import { formatKey } from "../audit/note.ts";
import { Publisher, PublishError } from "../audit/publisher.ts";
import { place } from "../audit/sequencer.ts";
import { FilesObjectStore } from "../cloud/files-object-store.ts";
import {
  auditChannel,
  type AuditStore,
  auditStore,
  holdSequencerLock,
  type LogShard,
  type OutboxDraft,
  type PlacedRows,
  type TakenOutbox,
} from "../store/audit-store.ts";
import { Listener } from "../store/listener.ts";
import { fileHead, logFiles, pointerFolder, publishKey } from "./audit-files.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { errorKind, programLog, type ProgramLog } from "./log.ts";
import { logSigner } from "./log-signer.ts";
import { signingKeysOf } from "./opening-keys.ts";
import type { RoleHost } from "./role.ts";
import { Wake } from "./wake.ts";

const pollMs = 1_000;
/** In one transaction. */
const batchMax = 4_096;
const bodiesMax = 256;

/** Gives entries of the audit log their places, and publishes and signs it. One at a time. Holds the key that signs and none that opens. */
export async function runSequencer(host: RoleHost<"parcelkeep_sequencer">): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "sequencer");
  const connection = host.connections.parcelkeep_sequencer;
  const pool = new pg.Pool({ ...connection, max: 2, application_name: "parcelkeep-sequencer" });
  pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
  const lock = new pg.Client({ ...connection, application_name: "parcelkeep-sequencer-lock" });
  // Whoever lost the lock is not alone any more; another process begins anew.
  await holdSequencerLock(lock, (error) => {
    log.error(errorKind(error), "the lock of the sequencer is lost");
    process.exit(1);
  });
  const sequencer = await Sequencer.open(config, auditStore(pool), log);
  const wake = new Wake();
  const listener = new Listener({ ...connection, application_name: "parcelkeep-sequencer-wake" }, auditChannel, {
    heard: () => wake.ring(),
    missed: () => wake.ring(),
    failed: (error) => log.warn(errorKind(error), "new entries are not heard; they are looked for now and then"),
  });
  await listener.start();
  host.announceReady({});

  let isStopped = false;
  const running = (async () => {
    while (!isStopped) {
      wake.attend();
      const isBusy = await sequencer.turn().catch((error: unknown) => {
        log.error(errorKind(error), "the audit log was not advanced; tried again");
        return false;
      });
      if (!isBusy && !isStopped) await wake.rest(pollMs);
    }
  })();
  host.onStop(async () => {
    isStopped = true;
    wake.ring();
    await running;
    await sequencer
      .turn({ publishNow: true })
      .catch((error: unknown) => log.error(errorKind(error), "the last entries wait for the next start"));
    await listener.stop();
    await lock.end();
    await pool.end();
  });
}

interface Led {
  readonly shard: string;
  readonly origin: string;
  readonly epoch: number;
  /** Null where no key that signs is named. */
  readonly publisher: Publisher | null;
  log: Pick<LogShard, "size" | "hashes">;
}

/** One shard a year. The old one ends with an entry that names the new one, which begins with the head of the old one. */
export class Sequencer {
  readonly #config: Config;
  readonly #store: AuditStore;
  readonly #log: ProgramLog;
  readonly #now: () => Date;
  readonly #open: (shard: string, origin: string) => Promise<Publisher | null>;
  #led: Led | null = null;
  #publishedAt = -Infinity;
  #published = -1;

  private constructor(
    config: Config,
    store: AuditStore,
    log: ProgramLog,
    now: () => Date,
    open: (shard: string, origin: string) => Promise<Publisher | null>,
  ) {
    this.#config = config;
    this.#store = store;
    this.#log = log;
    this.#now = now;
    this.#open = open;
  }

  static async open(config: Config, store: AuditStore, log: ProgramLog, now: () => Date = () => new Date()): Promise<Sequencer> {
    const objects = await FilesObjectStore.open(join(config.dataDir, "objects"), now());
    const signing = await signingKeysOf(config).catch((error: unknown) => {
      if (!(error instanceof ConfigError)) throw error;
      log.warn("no key that signs is named: entries get their places in the audit log, and no checkpoint is signed");
      return null;
    });
    const retainUntil = (): Date => new Date(now().getTime() + config.auditRetentionDays * 24 * 60 * 60 * 1000);
    return new Sequencer(config, store, log, now, async (shard, origin) => {
      if (signing === null) return null;
      const files = logFiles(objects, pointerFolder(config), shard, retainUntil);
      const signer = await logSigner(signing, origin);
      await publishKey(pointerFolder(config), formatKey(signer.key));
      return new Publisher(origin, files, fileHead(config.auditAnchor, shard), [signer]);
    });
  }

  /** @returns whether there was something to do. @throws whatever a step throws; the next turn goes on from there. */
  async turn({ publishNow = false } = {}): Promise<boolean> {
    const led = this.#led ?? (await this.#lead());
    const placed = await this.#place(led);
    const isDue = publishNow || performance.now() - this.#publishedAt >= this.#config.auditPublishMs;
    if (led.publisher === null) return placed > 0;
    if (isDue && (led.log.size !== this.#published || this.#published < 0)) await this.#publish(led);
    if (placed === 0 && led.shard !== this.#yearNow() && led.log.size === this.#published) await this.#turnTheYear(led);
    return placed > 0;
  }

  /** @returns how many entries got their places. */
  async #place(led: Led): Promise<number> {
    const done = await this.#store.sequence(led.shard, led.epoch, batchMax, placeRows);
    if (done === null) {
      this.#led = null;
      throw new PublishError("overtaken", "another sequencer leads");
    }
    if (done.entries.length > 0) led.log = done;
    return done.entries.length;
  }

  async #lead(): Promise<Led> {
    const [open] = await this.#store.openShards();
    const shard = open?.shard ?? this.#yearNow();
    const origin = open?.origin ?? this.#originOf(shard);
    const leading = await this.#store.lead(shard, origin, { origin, retentionDays: this.#config.auditRetentionDays });
    const publisher = await this.#open(shard, leading.origin);
    const led: Led = { shard, origin: leading.origin, epoch: leading.epoch, publisher, log: leading };
    this.#published = -1;
    this.#led = led;
    return led;
  }

  async #publish(led: Led): Promise<Checkpoint> {
    if (led.publisher === null) throw new PublishError("overtaken", "there is no key that signs");
    const { size, hashes } = led.log;
    const entries = async (from: number, to: number): Promise<readonly Uint8Array[]> => {
      const bodies: Uint8Array[] = [];
      for (let at = from; at < to; at += bodiesMax) bodies.push(...(await this.#store.bodies(led.shard, at, Math.min(to, at + bodiesMax))));
      return bodies;
    };
    try {
      const checkpoint = await led.publisher.publish({ size, hashes, entries });
      this.#publishedAt = performance.now();
      this.#published = checkpoint.size;
      return checkpoint;
    } catch (error) {
      // Whatever stands in the files now is read anew.
      this.#led = null;
      if (error instanceof PublishError && error.code === "behind") await this.#takeBack(led, led.publisher, error);
      throw error;
    }
  }

  /**
   * A database that was restored from before the last signed checkpoint gets the entries that were published since, if what it has is the beginning of the
   * published log. Entries that it had placed otherwise since the backup are a fork, which nobody signs.
   */
  async #takeBack(led: Led, publisher: Publisher, cause: PublishError): Promise<void> {
    const tree = new GrowingTree();
    let lost: PlacedRows["entries"][number][] = [];
    let restored = 0;
    const restore = async (): Promise<void> => {
      if (!(await this.#store.place(led.shard, led.epoch, { size: tree.size, hashes: tree.hashes, entries: lost })))
        throw new PublishError("overtaken", "another sequencer leads");
      restored += lost.length;
      lost = [];
    };
    for await (const { index, entry } of publisher.signedEntries(0)) {
      tree.append(leafHash(entry));
      if (index === led.log.size - 1 && tree.hashes.some((hash, place) => !hash.equals(led.log.hashes[place] ?? Buffer.alloc(0))))
        throw new PublishError("fork", "the restored database has other entries than were signed", { cause });
      if (index < led.log.size) continue;
      const { type, ...draft } = headOf(entry);
      lost.push({ draft, type, bytes: entry });
      if (lost.length === batchMax) await restore();
    }
    if (lost.length > 0) await restore();
    this.#log.warn({ entries: restored }, "the database was older than the audit log; it got back the entries that were published since");
  }

  async #turnTheYear(led: Led): Promise<void> {
    const next = this.#yearNow();
    const origin = this.#originOf(next);
    await this.#store.append("log.closed", { origin: led.origin, next: origin });
    // That entry, and all that were written down before it, belong to the old log.
    let placed: number;
    do placed = await this.#place(led);
    while (placed > 0);
    const { size, root } = await this.#publish(led);
    const opened = {
      origin,
      previousOrigin: led.origin,
      previousSize: size,
      previousRoot: root.toString("base64"),
      retentionDays: this.#config.auditRetentionDays,
    };
    if (!(await this.#store.close(led.shard, led.epoch, { shard: next, origin, opened })))
      throw new PublishError("overtaken", "another sequencer leads");
    this.#led = null;
    this.#log.info({ shard: next, previousSize: size }, "the audit log of a new year is open");
  }

  #yearNow(): string {
    return String(this.#now().getUTCFullYear());
  }

  #originOf(shard: string): string {
    return `${
      this.#config.auditOrigin ??
      `parcelkeep.${hostname()
        .toLowerCase()
        .replaceAll(/[^a-z0-9.-]/g, "-")}`
    }/audit/${shard}`;
  }
}

function placeRows(taken: TakenOutbox): PlacedRows {
  const byId = new Map(taken.drafts.map((draft) => [draft.id, draft]));
  const drafts = taken.drafts.map((draft): AuditDraft => ({ ...draft, facts: JSON.parse(draft.facts) as Record<string, CanonicalValue> }));
  const { size, hashes, entries } = place({ size: taken.size, hashes: taken.hashes, drafts });
  return { size, hashes, entries: entries.map(({ draft, type, bytes }) => ({ draft: byId.get(draft.id)!, type, bytes })) };
}

function headOf(entry: Buffer): Omit<OutboxDraft, "facts"> {
  const { id, at, type, tenant } = JSON.parse(entry.toString("utf8")) as { id: string; at: string; type: string; tenant?: string };
  return { id, at: new Date(at), type, tenant: tenant ?? null };
}
