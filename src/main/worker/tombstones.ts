import { canonicalJson } from "../../vault/erasure-proof.ts";
import { type ObjectStore, ObjectStoreError } from "../../cloud/object-store.ts";
import type { KeeperStore, Tombstone } from "../../store/keeper-store.ts";

const folder = "tombstones/";
const askedAtOnce = 1_000;

/** Erasures as objects beside the segments, out of reach of whoever restores a database from before them. They hold random ids and no personal data. */
export class Tombstones {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** Durable when it resolves; may be repeated. */
  async write(tombstone: Tombstone): Promise<void> {
    try {
      await this.#objects.put(keyOf(tombstone.erasure), Buffer.from(canonicalJson({ version: 1, ...tombstone })));
    } catch (error) {
      if (!(error instanceof ObjectStoreError) || error.code !== "exists") throw error;
    }
  }

  /** Erases again what this database does not know as erased. @returns how many erasures that were. */
  async reapply(store: Pick<KeeperStore, "unknownErasures" | "reapply">): Promise<number> {
    let count = 0;
    let ids: string[] = [];
    const ask = async (): Promise<void> => {
      for (const id of await store.unknownErasures(ids)) {
        await store.reapply(await this.#read(id));
        count++;
      }
      ids = [];
    };
    for await (const key of this.#objects.list(folder)) {
      const id = /^tombstones\/([0-9a-f-]{36})\.json$/.exec(key)?.[1];
      if (id !== undefined && ids.push(id) >= askedAtOnce) await ask();
    }
    if (ids.length > 0) await ask();
    return count;
  }

  async #read(id: string): Promise<Tombstone> {
    const bytes = await this.#objects.get(keyOf(id));
    if (bytes === null) throw new ObjectStoreError("unavailable", "a tombstone that was listed is not there");
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as Tombstone;
  }
}

function keyOf(id: string): string {
  return `${folder}${id}.json`;
}
