/** Keeps objects that are written once: segments, checkpoints, evidence. */
export interface ObjectStore {
  /**
   * Stores an object under a key that is free; durable when it resolves. Never overwrites: of several puts under one key exactly one
   * succeeds, whatever their contents.
   * @param key see {@link refuseBadKey}. No key may be a folder of another.
   * @param bytes the caller keeps them and may change them afterwards.
   * @param options.retainUntil before this moment nobody can delete the object. A store may keep whole seconds and rounds up.
   * @throws {ObjectStoreError} `exists`: the key is taken; the caller compares what is there. `unavailable`: nobody knows whether the object
   * was stored; put again, and `exists` then means that it was. `refused`, `unprotected`, `invalid-key`.
   */
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<void>;
  /** @returns the whole object, the caller's to keep; null when there is none. @throws {ObjectStoreError} `unavailable`, `invalid-key`. */
  get(key: string): Promise<Uint8Array | null>;
  /** @returns what is known without reading the object; null when there is none. @throws {ObjectStoreError} `unavailable`, `invalid-key`. */
  head(key: string): Promise<ObjectHead | null>;
  /**
   * @returns exactly `length` bytes from `offset` on; null when there is no object.
   * @throws {ObjectStoreError} `out-of-range` when the object is shorter; `unavailable`, `invalid-key`.
   */
  getRange(key: string, offset: number, length: number): Promise<Uint8Array | null>;
  /**
   * Keys that begin with a prefix (any text, not only whole folders; "" for all), in the order of their bytes. Objects that are put meanwhile may
   * be missed.
   * @throws {ObjectStoreError} `unavailable`.
   */
  list(prefix: string): AsyncIterable<string>;
}

export interface PutOptions {
  readonly retainUntil?: Date | undefined;
}

export interface ObjectHead {
  readonly bytes: number;
  /** SHA-256 of the object, hex, where the store itself vouches for it. */
  readonly sha256?: string;
  readonly retainUntil: Date | null;
}

export class ObjectStoreError extends Error {
  override readonly name = "ObjectStoreError";
  /**
   * `exists`: compare, then adopt or raise an alarm. `unavailable`: try again later. `retained`: wait for the date. `invalid-key` and
   * `out-of-range`: the caller's mistake, or a damaged index. `refused`: rights or settings are wrong, trying again does not help. Alarms:
   * `unprotected`, the store has not encrypted or retained an object as it was told to; `damaged`, an object's bytes are not those that were put.
   */
  readonly code: "exists" | "unavailable" | "retained" | "invalid-key" | "out-of-range" | "refused" | "unprotected" | "damaged";
  constructor(code: ObjectStoreError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const keyCharsMax = 512;
const KEY = /^[a-z0-9][a-z0-9_.-]{0,199}(\/[a-z0-9][a-z0-9_.-]{0,199})*$/;

/**
 * Keys are parts of `a-z 0-9 _ . -` between slashes; a part begins with a letter or digit, has at most 200 characters and no `..`. What every
 * store and every file system can hold, and nothing that climbs out of a folder.
 * @throws {ObjectStoreError} `invalid-key`.
 */
export function refuseBadKey(key: string): void {
  if (key.length > keyCharsMax || key.includes("..") || !KEY.test(key)) {
    throw new ObjectStoreError(
      "invalid-key",
      `not an object key: ${key.length} characters, allowed are a-z 0-9 _ . - in parts between slashes`,
    );
  }
}
