/** Small texts that change, of which only the newest counts: where a log stands. Objects that are written once have {@link ObjectStore}. */
export interface PointerStore {
  /** @param name as an object's key. @returns null where there is none. @throws {ObjectStoreError} `unavailable`, `refused`, `invalid-key`. */
  read(name: string): Promise<string | null>;
  /**
   * Lets `name` be `text`; durable when it resolves.
   * @param before what it is now; null: nothing yet.
   * @returns false, and changes nothing, where it is not `before` any more.
   * @throws {ObjectStoreError} `unavailable`: nobody knows; read again. `refused`, `invalid-key`.
   */
  replace(name: string, before: string | null, text: string): Promise<boolean>;
}

/** Whatever it was before. For a pointer of one writer's. */
export async function point(pointers: PointerStore, name: string, text: string): Promise<void> {
  while (!(await pointers.replace(name, await pointers.read(name), text))) {}
}
