import { parseCheckpoint } from "../../audit/checkpoint.ts";
import { inclusionRanges } from "../../audit/merkle.ts";
import { parseNote } from "../../audit/note.ts";
import { formatProof } from "../../audit/proof.ts";
import { hashesOfRanges, tilePath } from "../../audit/tiles.ts";
import type { ObjectStore } from "../../cloud/object-store.ts";
import type { PointerStore } from "../../cloud/pointer-store.ts";
import type { AuditPage, AuditReads } from "../../ingress/services.ts";
import type { auditReads } from "../../store/audit-store.ts";
import { checkpointOf, keysFile, logFolder, sizeOfTimeStamp, timeStampKey } from "../audit/audit-files.ts";

const tileForm = /^(?:\d|entries)\/(?:x\d{3}\/)*\d{3}(?:\.p\/\d{1,3})?$/;

/** One an hour for a year. */
const timeStampsMax = 10_000;

/** Reads the log that the sequencer publishes. */
export class FrontAudit implements AuditReads {
  readonly #store: ReturnType<typeof auditReads>;
  readonly #objects: Pick<ObjectStore, "get" | "list">;
  readonly #pointers: Pick<PointerStore, "read">;

  constructor(store: ReturnType<typeof auditReads>, objects: Pick<ObjectStore, "get" | "list">, pointers: Pick<PointerStore, "read">) {
    this.#store = store;
    this.#objects = objects;
    this.#pointers = pointers;
  }

  async checkpoint(log: string | null): Promise<string | null> {
    const shard = log ?? (await this.#shard());
    return shard === null ? null : this.#pointers.read(checkpointOf(shard));
  }

  async tile(path: string): Promise<Uint8Array | null> {
    if (!tileForm.test(path)) return null;
    const shard = await this.#shard();
    return shard === null ? null : this.#objects.get(`${logFolder(shard)}/tile/${path}`);
  }

  async page(tenant: string | null, { before, type, limit }: Parameters<AuditReads["page"]>[1]): Promise<AuditPage> {
    const shard = await this.#shard();
    if (shard === null) return { items: [], next: null };
    const rows = await this.#store.page(tenant, shard, before ?? Number.MAX_SAFE_INTEGER, type, limit + 1);
    const items = rows.slice(0, limit).map(({ index, body }) => ({ index, entry: JSON.parse(body) as unknown }));
    return { items, next: rows.length > limit ? String(items.at(-1)!.index) : null };
  }

  async entry(tenant: string | null, index: number): Promise<Uint8Array | null> {
    const shard = await this.#shard();
    return shard === null ? null : this.#store.entry(tenant, shard, index);
  }

  async proof(tenant: string | null, index: number): Promise<string | null> {
    const shard = await this.#shard();
    if (shard === null || (await this.#store.entry(tenant, shard, index)) === null) return null;
    const checkpoint = await this.checkpoint(shard);
    if (checkpoint === null) return null;
    const { size } = parseCheckpoint(parseNote(checkpoint).text);
    if (index >= size) return null;
    const hashes = await hashesOfRanges(inclusionRanges(index, size), size, async (tile) => {
      const bytes = await this.#objects.get(`${logFolder(shard)}/${tilePath(tile)}`);
      if (bytes === null) throw new RangeError("a published tile is missing");
      return bytes;
    });
    return formatProof({ index, hashes, checkpoint });
  }

  async timeStamps(): Promise<readonly number[]> {
    const shard = await this.#shard();
    const sizes: number[] = [];
    if (shard === null) return sizes;
    for await (const key of this.#objects.list(`${logFolder(shard)}/timestamps/`)) {
      const size = sizeOfTimeStamp(key);
      if (size !== null && sizes.length < timeStampsMax) sizes.push(size);
    }
    return sizes.toSorted((one, other) => one - other);
  }

  async stamped(size: number, what: "checkpoint" | "time-stamp"): Promise<Uint8Array | null> {
    const shard = await this.#shard();
    const token = shard === null ? null : await this.#objects.get(timeStampKey(shard, size));
    if (token === null || what === "time-stamp") return token;
    return this.#objects.get(`${logFolder(shard!)}/checkpoints/${size}`);
  }

  async keys(): Promise<readonly string[]> {
    return ((await this.#pointers.read(keysFile)) ?? "").split("\n").filter((line) => line !== "");
  }

  /** The one that is open; the oldest of two around a new year. */
  async #shard(): Promise<string | null> {
    return (await this.#store.shards())[0] ?? null;
  }
}
