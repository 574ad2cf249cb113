import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { CanonicalValue } from "../../audit/canonical-json.ts";
import type { Checkpoint } from "../../audit/checkpoint.ts";
import type { AuditDraft } from "../../audit/entry.ts";
import { GrowingTree, leafHash } from "../../audit/merkle.ts";
import { formatKey } from "../../audit/note.ts";
import { type Cosign, type LogFiles, Publisher, PublishError } from "../../audit/publisher.ts";
import { place } from "../../audit/sequencer.ts";
import type { AuditStore, LogShard, OutboxDraft, PlacedRows, TakenOutbox } from "../../store/audit-store.ts";
import { logFiles, publishKey, signedHead } from "./audit-files.ts";
import type { Config } from "../config.ts";
import { ConfigError } from "../settings/setting.ts";
import type { ProgramLog } from "../log.ts";
import { type LockTerm, logTerm } from "./lock-term.ts";
import { logSigner } from "./log-signer.ts";
import { anchorOf, objectStoreOf, pointersOf } from "../settings/object-stores.ts";
import { signingKeysOf } from "../releases/opening-keys.ts";
import { Turns } from "../turns.ts";

/** In one transaction. */
const batchMax = 4_096;
const bodiesMax = 256;
/** Where nothing is to be published, it is looked again after this. */
const idleMs = 1_000;

interface SequencerOptions {
  readonly now?: () => Date;
  /** How long the log's files are locked. */
  readonly term?: LockTerm;
  /** Has witnesses cosign what is published to these files; nobody cosigns where it is left out. */
  readonly cosignOf?: ((files: LogFiles) => Cosign) | undefined;
}

interface Led {
  readonly shard: string;
  readonly origin: string;
  readonly epoch: number;
  /** Null where no key that signs is named. */
  readonly publisher: Publisher | null;
  log: Pick<LogShard, "size" | "hashes">;
  /** Its last entry says that it is closed: nothing comes behind it. */
  isClosing: boolean;
  /** Size that was published last; null where that is not known, or the last attempt failed. */
  published: number | null;
}

type OpenPublisher = (shard: string, origin: string) => Promise<Publisher | null>;

/**
 * One shard a year. The old one ends with an entry that names the new one, which begins with the head of the old one.
 *
 * Entries get their places by `place` and are published by `publish`, which may run at the same time: a witness that does not answer keeps no entry from its place. One publishes at a time, what had
 * its place when it began.
 */
export class Sequencer {
  readonly #config: Config;
  readonly #store: AuditStore;
  readonly #log: ProgramLog;
  readonly #now: () => Date;
  readonly #term: LockTerm;
  readonly #open: OpenPublisher;
  /** Whoever publishes, or takes over, does so alone. */
  readonly #turns = new Turns();
  #led: Led | null = null;
  #attemptedAt = -Infinity;

  private constructor(config: Config, store: AuditStore, log: ProgramLog, now: () => Date, term: LockTerm, open: OpenPublisher) {
    this.#config = config;
    this.#store = store;
    this.#log = log;
    this.#now = now;
    this.#term = term;
    this.#open = open;
  }

  static async open(config: Config, store: AuditStore, log: ProgramLog, options: SequencerOptions = {}): Promise<Sequencer> {
    const { now = () => new Date(), term = logTerm(config, store), cosignOf } = options;
    const [objects, pointers, anchor] = await Promise.all([objectStoreOf(config), pointersOf(config), anchorOf(config)]);
    const signing = await signingKeysOf(config).catch((error: unknown) => {
      if (!(error instanceof ConfigError)) throw error;
      log.warn("no key that signs is named: entries get their places in the audit log, and no checkpoint is signed");
      return null;
    });
    const retainUntil = (): Date => term.until(now());
    return new Sequencer(config, store, log, now, term, async (shard, origin) => {
      if (signing === null) return null;
      const files = logFiles(objects, pointers, shard, retainUntil);
      const signer = await logSigner(signing, origin);
      await publishKey(pointers, formatKey(signer.key));
      return new Publisher(origin, files, signedHead(anchor, shard), [signer], cosignOf?.(files));
    });
  }

  /** Places, and publishes what is due. @returns whether entries were placed. */
  async turn({ publishNow = false } = {}): Promise<boolean> {
    const isBusy = await this.place();
    await this.publish({ publishNow });
    return isBusy;
  }

  /** Gives waiting entries their places. One at a time. @returns whether there was something to do. @throws whatever a step throws; the next one goes on from there. */
  async place(): Promise<boolean> {
    await this.#term.look();
    const led = this.#led ?? (await this.#turns.take("publish", () => this.#lead()));
    try {
      const placed = led.isClosing ? 0 : await this.#place(led, batchMax);
      // A clock that went back opens no older log.
      const isOver = led.isClosing || Number(this.#yearNow()) > Number(led.shard);
      if (!isOver || placed === batchMax || led.publisher === null || led.published === null) return placed > 0;
      await this.#turnTheYear(led, led.publisher);
      return true;
    } catch (error) {
      // Whatever stands in the database now is read anew.
      this.#led = null;
      throw error;
    }
  }

  /** Publishes what has its place. @returns milliseconds after which there may be something to publish. @throws as `place`. */
  async publish({ publishNow = false } = {}): Promise<number> {
    const led = this.#led;
    if (led === null || led.publisher === null || led.log.size === 0 || led.log.size === led.published) return idleMs;
    const restMs = this.#attemptedAt + this.#config.auditPublishMs - performance.now();
    if (!publishNow && restMs > 0) return restMs;
    const { publisher } = led;
    await this.#turns.take("publish", () => this.#publish(led, publisher));
    return 0;
  }

  /** @param closing an entry that goes behind all of them. @returns how many entries got their places. */
  async #place(led: Led, max: number, ...closing: readonly OutboxDraft[]): Promise<number> {
    const done = await this.#store.sequence(led.shard, led.epoch, max, (taken) =>
      placeRows({ ...taken, drafts: [...taken.drafts, ...closing] }),
    );
    if (done === null) throw new PublishError("overtaken", "another sequencer leads");
    led.log = done;
    return done.entries.length;
  }

  async #lead(): Promise<Led> {
    const [open] = await this.#store.openShards();
    const shard = open?.shard ?? this.#yearNow();
    const origin = open?.origin ?? this.#originOf(shard);
    const takeOver = (): ReturnType<AuditStore["lead"]> => this.#store.lead(shard, origin, { origin, retentionDays: this.#term.days });
    let leading = await takeOver();
    const publisher = await this.#open(shard, leading.origin);
    if (publisher !== null && (await publisher.signedSize()) > leading.size) {
      await this.#takeBack(leading, publisher);
      // What got its place back may wait for another one.
      leading = await takeOver();
    }
    const { epoch, size } = leading;
    const [last] = size === 0 ? [] : await this.#store.bodies(shard, size - 1, size);
    const isClosing = last !== undefined && headOf(last).type === "log.closed";
    return (this.#led = { shard, origin: leading.origin, epoch, publisher, log: leading, isClosing, published: null });
  }

  async #publish(led: Led, publisher: Publisher): Promise<Checkpoint> {
    const { size, hashes } = led.log;
    const entries = async (from: number, to: number): Promise<readonly Uint8Array[]> => {
      const bodies: Uint8Array[] = [];
      for (let at = from; at < to; at += bodiesMax) bodies.push(...(await this.#store.bodies(led.shard, at, Math.min(to, at + bodiesMax))));
      return bodies;
    };
    try {
      const checkpoint = await publisher.publish({ size, hashes, entries });
      led.published = checkpoint.size;
      return checkpoint;
    } catch (error) {
      led.published = null;
      // Somebody else has signed, or more was signed than is at hand: who leads is to be asked again.
      const isElsewhere = error instanceof PublishError && (error.code === "overtaken" || error.code === "behind");
      if (isElsewhere && this.#led === led) this.#led = null;
      throw error;
    } finally {
      // Also of an attempt that failed: witnesses are asked as often as if they had cosigned.
      this.#attemptedAt = performance.now();
    }
  }

  /**
   * A database that was restored from before the last signed checkpoint gets the entries that were published since, before anything else gets a place, if what it has is the beginning of the
   * published log. Entries that it had placed otherwise since the backup are a fork, which nobody signs.
   */
  async #takeBack({ shard, epoch, size, hashes }: LogShard & { readonly epoch: number }, publisher: Publisher): Promise<void> {
    const tree = new GrowingTree();
    let lost: PlacedRows["entries"][number][] = [];
    let restored = 0;
    const restore = async (): Promise<void> => {
      if (!(await this.#store.place(shard, epoch, { size: tree.size, hashes: tree.hashes, entries: lost })))
        throw new PublishError("overtaken", "another sequencer leads");
      restored += lost.length;
      lost = [];
    };
    for await (const { index, entry } of publisher.signedEntries(0)) {
      tree.append(leafHash(entry));
      if (index === size - 1 && tree.hashes.some((hash, place) => !hash.equals(hashes[place] ?? Buffer.alloc(0))))
        throw new PublishError("fork", "the restored database has other entries than were signed");
      if (index < size) continue;
      const { type, ...draft } = headOf(entry);
      lost.push({ draft, type, bytes: entry });
      if (lost.length === batchMax) await restore();
    }
    if (lost.length > 0) await restore();
    this.#log.warn({ entries: restored }, "the database was older than the audit log; it got back the entries that were published since");
  }

  /** Each step may be the last one of this process: the next one sees what was done by the log's last entry. */
  async #turnTheYear(led: Led, publisher: Publisher): Promise<void> {
    const next = this.#yearNow();
    const origin = this.#originOf(next);
    if (!led.isClosing) {
      const facts = JSON.stringify({ origin: led.origin, next: origin });
      await this.#place(led, batchMax, { id: randomUUID(), at: this.#now(), type: "log.closed", tenant: null, facts });
      led.isClosing = true;
    }
    const { size, root } = await this.#turns.take("publish", () => this.#publish(led, publisher));
    const opened = {
      origin,
      previousOrigin: led.origin,
      previousSize: size,
      previousRoot: root.toString("base64"),
      retentionDays: this.#term.days,
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
