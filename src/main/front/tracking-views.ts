import type { Awaitable, TrackingCache } from "../../cloud/tracking-cache.ts";
import type { Changes } from "../../store/changes.ts";
import type { ReadStore } from "../../store/read-store.ts";
import { shipmentView, trackingView } from "./shipment-view.ts";

interface View {
  /** Key of the shipment that answers: another one's where the one that was asked for has become part of it. */
  readonly key: string;
  readonly body: object;
}

/** What reads of one shipment answer, as JSON that is ready to be sent, out of the cache where it holds it. Null where there is nothing. */
export class TrackingViews {
  readonly #cache: TrackingCache;
  readonly #reads: Pick<ReadStore, "shipmentsById" | "track">;
  /** Reads under way, so that many who ask for the same at once cost one. */
  readonly #loading = new Map<string, Promise<Buffer | null>>();

  constructor(cache: TrackingCache, reads: Pick<ReadStore, "shipmentsById" | "track">) {
    this.#cache = cache;
    this.#reads = reads;
  }

  shipment(tenant: string, id: string): Awaitable<Buffer | null> {
    return this.#cached(shipmentKey(tenant, id.toLowerCase()), async () => {
      const row = (await this.#reads.shipmentsById(tenant, [id]))[0];
      return row === undefined ? null : { key: shipmentKey(tenant, row.id), body: shipmentView(row) };
    });
  }

  track(publicId: string): Awaitable<Buffer | null> {
    return this.#cached(trackKey(publicId), async () => {
      const row = (await this.#reads.track([publicId]))[0];
      return row === undefined ? null : { key: trackKey(row.public_id), body: trackingView(row) };
    });
  }

  /** Shipments that have changed are read anew. */
  async forget(changes: Changes): Promise<void> {
    if (changes === "all") {
      this.#loading.clear();
      await this.#cache.clear();
      return;
    }
    const keys = changes.flatMap(({ tenant, id, publicId }) => [shipmentKey(tenant, id), trackKey(publicId)]);
    for (const key of keys) this.#loading.delete(key);
    await this.#cache.invalidate(keys);
  }

  /** Answers at once where the cache does: a promise would cost a hit a tenth of its time. */
  #cached(key: string, read: () => Promise<View | null>): Awaitable<Buffer | null> {
    const held = this.#cache.get(key);
    if (held === undefined) return this.#load(key, read);
    if (!(held instanceof Promise)) return held;
    return settled(held).then((bytes) => bytes ?? this.#load(key, read));
  }

  #load(key: string, read: () => Promise<View | null>): Promise<Buffer | null> {
    const before = this.#loading.get(key);
    if (before !== undefined) return before;
    const loading = this.#fill(key, read).finally(() => {
      if (this.#loading.get(key) === loading) this.#loading.delete(key);
    });
    this.#loading.set(key, loading);
    return loading;
  }

  async #fill(key: string, read: () => Promise<View | null>): Promise<Buffer | null> {
    const ticket = await settled(this.#cache.begin(key));
    const view = await read();
    if (view === null) return null;
    const bytes = Buffer.from(JSON.stringify(view.body));
    // A change names the shipment that answers; a copy under another id would not be found.
    if (view.key === key && ticket !== undefined) await settled(this.#cache.fill(ticket, bytes));
    return bytes;
  }
}

/** A cache that fails is a miss. */
async function settled<Value>(value: Awaitable<Value>): Promise<Value | undefined> {
  try {
    return await value;
  } catch {
    return undefined;
  }
}

function shipmentKey(tenant: string, id: string): string {
  return `${tenant}/${id}`;
}

function trackKey(publicId: string): string {
  return `public/${publicId}`;
}
