import { createHash } from "node:crypto";
import { parseCheckpoint } from "../../audit/checkpoint.ts";
import { parseNote } from "../../audit/note.ts";
import { type ObjectStore, ObjectStoreError } from "../../cloud/object-store.ts";
import type { PointerStore } from "../../cloud/pointer-store.ts";
import { checkpointOf, logFolder, sizeOfTimeStamp, timeStampKey } from "./audit-files.ts";
import type { LockTerm } from "./lock-term.ts";
import type { ProgramLog } from "../log.ts";
import type { AskAuthority } from "./time-stamp-calls.ts";
import { timeStampRequest } from "./time-stamp-request.ts";
import { type TimeStamp, TimeStampError, type TimeStampTrust, verifyTimeStamp } from "./time-stamp-token.ts";

export type TimeStampOutcome = "stamped" | "unavailable" | TimeStampError["code"];

export interface TimeStamperParts {
  readonly objects: Pick<ObjectStore, "put" | "get" | "list">;
  readonly pointers: Pick<PointerStore, "read">;
  readonly ask: AskAuthority;
  readonly certificates: TimeStampTrust["certificates"];
  readonly everyMs: number;
  /** Of the log's files, which a time-stamp is one of. */
  readonly term: Pick<LockTerm, "look" | "until">;
  /** Writes it into the log, if it does not stand there. */
  readonly noteStamped: (facts: { readonly size: number; readonly authority: string; readonly tokenSha256: string }) => Promise<unknown>;
  readonly counted: (outcome: TimeStampOutcome) => void;
  readonly log: ProgramLog;
  readonly now: () => Date;
}

const retryMinMs = 30_000;
const retryMaxMs = 60 * 60_000;

/**
 * Has an authority say when checkpoints existed (RFC 3161). Its answer, as it came, stands beside the checkpoint: `timestamps/<size>.tsr` of `checkpoints/<size>`. The head of the newest log gets one
 * every so often, and each log that is closed one at its end. Publishing waits for none of this.
 *
 * What was stored counts, and is noted in the log after it. A crash, or an answer that was lost, between the two leaves a time-stamp without its entry: the last one of each log. So before anything
 * is asked for, the last ones are looked at, and noted where they are not.
 */
export class TimeStamper {
  readonly #parts: TimeStamperParts;
  /** When the newest log got its last one; null where it has none. */
  #stampedAt: number | null = null;
  /** Whether all that was stored is known to be noted. */
  #isNoted = false;
  #retryMs = 0;

  constructor(parts: TimeStamperParts) {
    this.#parts = parts;
  }

  /** @returns milliseconds until there may be something to do again. @throws {ObjectStoreError}, and what the database throws; the next turn makes up for it. */
  async turn(): Promise<number> {
    const { everyMs, now } = this.#parts;
    const heads = await this.#heads();
    const newest = heads.at(-1)?.shard;
    if (!this.#isNoted) for (const { shard } of heads) this.#stampedAt = await this.#noteLast(shard);
    this.#isNoted = true;
    for (const { shard, size } of heads) {
      const isDue = shard !== newest || now().getTime() - (this.#stampedAt ?? 0) >= everyMs;
      if (isDue && !(await this.#stampHead(shard, size))) return this.#pause();
    }
    this.#retryMs = 0;
    return Math.min(everyMs, this.#stampedAt === null ? retryMinMs : retryMaxMs);
  }

  /** Of this year's log and the last one's, as far as there are any, the older one first. */
  async #heads(): Promise<readonly { readonly shard: string; readonly size: number }[]> {
    const { pointers, now } = this.#parts;
    const year = now().getUTCFullYear();
    const heads: { readonly shard: string; readonly size: number }[] = [];
    for (const shard of [String(year - 1), String(year)]) {
      const note = await pointers.read(checkpointOf(shard));
      if (note !== null) heads.push({ shard, size: parseCheckpoint(parseNote(note).text).size });
    }
    return heads;
  }

  /** @returns false where it is to be tried again. */
  async #stampHead(shard: string, size: number): Promise<boolean> {
    const { objects, now } = this.#parts;
    if ((await objects.get(timeStampKey(shard, size))) !== null) return true;
    const outcome = await this.#stamp(shard, size);
    this.#parts.counted(outcome);
    if (outcome === "stamped") this.#stampedAt = now().getTime();
    else this.#parts.log.warn({ code: "time-stamp-missing", reason: outcome, size }, "a checkpoint got no time-stamp; tried again");
    return outcome === "stamped";
  }

  async #stamp(shard: string, size: number): Promise<TimeStampOutcome> {
    const { objects, ask, certificates, term, now } = this.#parts;
    // What was published under this size, byte for byte, so that anybody can check it with the two files alone.
    const checkpoint = await objects.get(`${logFolder(shard)}/checkpoints/${size}`);
    if (checkpoint === null) return "unavailable";
    const { request, nonce } = timeStampRequest(checkpoint);
    const response = await ask(request);
    if (response === null) return "unavailable";
    try {
      verifyTimeStamp(response, checkpoint, { certificates, nonce });
    } catch (error) {
      if (error instanceof TimeStampError) return error.code;
      throw error;
    }
    await term.look();
    this.#isNoted = false;
    try {
      await objects.put(timeStampKey(shard, size), response, { retainUntil: term.until(now()) });
    } catch (error) {
      // A put of which nobody knew whether it was done.
      if (!(error instanceof ObjectStoreError && error.code === "exists")) throw error;
    }
    await this.#note(shard, size);
    this.#isNoted = true;
    return "stamped";
  }

  /** @returns when a log got its last time-stamp; null where it has none. */
  async #noteLast(shard: string): Promise<number | null> {
    let last = -1;
    for await (const key of this.#parts.objects.list(`${logFolder(shard)}/timestamps/`)) last = Math.max(last, sizeOfTimeStamp(key) ?? -1);
    return last < 0 ? null : this.#note(shard, last);
  }

  /** Notes the time-stamp that is stored. @returns its time; null where what is stored is none. */
  async #note(shard: string, size: number): Promise<number | null> {
    const { objects, certificates, noteStamped } = this.#parts;
    const [token, checkpoint] = await Promise.all([
      objects.get(timeStampKey(shard, size)),
      objects.get(`${logFolder(shard)}/checkpoints/${size}`),
    ]);
    if (token === null || checkpoint === null) return null;
    try {
      const { time, authority } = stampOf(token, checkpoint, certificates);
      await noteStamped({ size, authority, tokenSha256: createHash("sha256").update(token).digest("hex") });
      return time.getTime();
    } catch (error) {
      if (error instanceof TimeStampError) return null;
      throw error;
    }
  }

  #pause(): number {
    this.#retryMs = Math.min(retryMaxMs, this.#parts.everyMs, Math.max(retryMinMs, this.#retryMs * 2));
    return this.#retryMs;
  }
}

/** It was trusted when it came, whatever certificates the settings name now. @throws {TimeStampError} */
function stampOf(token: Uint8Array, checkpoint: Uint8Array, certificates: TimeStampTrust["certificates"]): TimeStamp {
  try {
    return verifyTimeStamp(token, checkpoint, { certificates });
  } catch (error) {
    if (!(error instanceof TimeStampError && error.code === "untrusted")) throw error;
    return verifyTimeStamp(token, checkpoint, { certificates: null });
  }
}
