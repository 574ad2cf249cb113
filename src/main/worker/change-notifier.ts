import type { ChangedShipment, Changes } from "../../store/changes.ts";

/** More than this at once are "all": some two dozen payloads, by which time readers had better look anew. */
const changesMax = 3000;

/** Announces changes beside the work that makes them: one announcement at a time, with all that has changed since the last one began. */
export class ChangeNotifier {
  readonly #announce: (changes: Changes) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #waiting = new Map<string, ChangedShipment>();
  #isAll = false;
  #announcing: Promise<void> | null = null;

  constructor(announce: (changes: Changes) => Promise<void>, failed: (error: unknown) => void) {
    this.#announce = announce;
    this.#failed = failed;
  }

  add(changes: readonly ChangedShipment[]): void {
    for (const change of changes) this.#waiting.set(change.id, change);
    if (this.#waiting.size > changesMax) {
      this.#isAll = true;
      this.#waiting.clear();
    }
    if (changes.length > 0) this.#announcing ??= this.#run();
  }

  /** Resolves when nothing is left to announce. */
  async settled(): Promise<void> {
    await this.#announcing;
  }

  async #run(): Promise<void> {
    while (this.#isAll || this.#waiting.size > 0) {
      const changes = this.#isAll ? "all" : [...this.#waiting.values()];
      this.#waiting.clear();
      this.#isAll = false;
      try {
        await this.#announce(changes);
      } catch (error) {
        // Readers' copies expire soon; the next announcement makes up for this one.
        this.#failed(error);
        this.#isAll = true;
        break;
      }
    }
    this.#announcing = null;
  }
}
