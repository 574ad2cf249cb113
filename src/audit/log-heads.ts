import type { Checkpoint } from "./checkpoint.ts";
import { filesBelow, LogError, readOrNull } from "./log-folder.ts";
import type { GrowingTree, Hash } from "./merkle.ts";
import { NoteError } from "./note.ts";
import { openCheckpoint, type Policy } from "./policy.ts";

/**
 * Earlier heads of an exported log, `checkpoints/<size>`: each is signed by the log and has the root that the log had at that size. One that has not tells of a
 * second history. Witnesses may have been away then.
 */
export class LogHeads {
  readonly #roots: ReadonlyMap<number, Hash>;

  private constructor(roots: ReadonlyMap<number, Hash>) {
    this.#roots = roots;
  }

  /** @throws {LogError} `other-head`: one is not signed, or of another log or size than it should be. `beyond`: one is of more entries than the checkpoint. */
  static async read(folder: string, policy: Policy, checkpoint: Checkpoint): Promise<LogHeads> {
    const roots = new Map<number, Hash>();
    for (const path of await filesBelow(folder, "checkpoints")) {
      const { origin, size, root } = await readHead(folder, path, policy);
      if (path !== headPath(size) || origin !== checkpoint.origin)
        throw new LogError("other-head", path, "the head is of another size or log than it should be");
      if (size > checkpoint.size) throw new LogError("beyond", path, `the log's checkpoint is signed for ${checkpoint.size} entries only`);
      roots.set(size, root);
    }
    return new LogHeads(roots);
  }

  /** @param tree of the log as it was at any size. @throws {LogError} `other-head`. */
  check(tree: GrowingTree): void {
    const root = this.#roots.get(tree.size);
    if (root !== undefined && !tree.root().equals(root))
      throw new LogError("other-head", headPath(tree.size), "a second history is signed: the log has another root at that size");
  }
}

async function readHead(folder: string, path: string, policy: Policy): Promise<Checkpoint> {
  const note = await readOrNull(folder, path);
  try {
    return openCheckpoint(note?.toString("utf8") ?? "", { ...policy, isQuorum: () => true });
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw new LogError("other-head", path, error.message, { cause: error });
  }
}

function headPath(size: number): string {
  return `checkpoints/${size}`;
}
