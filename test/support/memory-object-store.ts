import { hash } from "node:crypto";
import { ObjectStoreError, refuseBadKey } from "../../src/cloud/object-store.ts";
import type { ObjectHead, ObjectStore, PutOptions } from "../../src/cloud/object-store.ts";

/** An object store that keeps the port's contract and forgets everything at the end. */
export class MemoryObjectStore implements ObjectStore {
  readonly #objects = new Map<string, { readonly bytes: Uint8Array; readonly retainUntil: Date | null }>();

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<void> {
    refuseBadKey(key);
    if (this.#objects.has(key)) throw new ObjectStoreError("exists", "an object stands under this key");
    this.#objects.set(key, { bytes: bytes.slice(), retainUntil: options.retainUntil ?? null });
  }

  async get(key: string): Promise<Uint8Array | null> {
    refuseBadKey(key);
    return this.#objects.get(key)?.bytes.slice() ?? null;
  }

  async head(key: string): Promise<ObjectHead | null> {
    refuseBadKey(key);
    const found = this.#objects.get(key);
    return found === undefined ? null : { bytes: found.bytes.length, sha256: hash("sha256", found.bytes), retainUntil: found.retainUntil };
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | null> {
    const bytes = await this.get(key);
    if (bytes !== null && offset + length > bytes.length)
      throw new ObjectStoreError("out-of-range", `${length} bytes from ${offset} of ${bytes.length}`);
    return bytes?.slice(offset, offset + length) ?? null;
  }

  async *list(prefix: string): AsyncGenerator<string> {
    yield* [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }
}
