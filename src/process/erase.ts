/*
 * The erasure of a person. Each step is one transaction or one write that can be repeated; whatever was cut short goes on from the state that stands.
 *
 * requested   Somebody has asked for it.
 * frozen      The person (the subject, and all that records have shown to be the same person) is closed: no value or record is stored under it any more,
 *             and its index entries are out of the way. What arrives meanwhile is taken: the same value gets a new token and a new subject, as it
 *             will after the erasure. Processes forget the old tokens and say so.
 * refused     A legal hold lies on the person. All is as before; what came meanwhile is linked to the person.
 * destroyed   Sealed values, the halves of their keys, index entries and the halves of the keys of raw records are deleted, in one transaction. Segments
 *             and backups are not touched. A tombstone object is written, so that a database restored from before is brought up to date. There is a
 *             proof that says that no probe was run.
 * probed      An opener has tried to open what is left and could not.
 * proven      The proof is signed and stored. The end.
 */
export type ErasureState = "requested" | "frozen" | "refused" | "destroyed" | "probed" | "proven";

export interface OpenErasure {
  readonly id: string;
  readonly tenant: string;
  readonly subject: string;
  readonly state: ErasureState;
}

export interface ErasureSteps {
  /** Closes the person. */
  freeze(id: string): Promise<void>;
  /** Processes that are there and have not forgotten the person yet. */
  missingEvictions(id: string): Promise<number>;
  /** Destroys or refuses. @returns the state that holds then. */
  destroy(id: string): Promise<ErasureState>;
  /** Durable when it resolves; does nothing where the tombstone stands. */
  writeTombstone(id: string): Promise<void>;
  /** Has an opener try what is left. @returns false where nobody may start one; nothing was tried then. */
  probe(erasure: OpenErasure): Promise<boolean>;
  /** Signs and stores what is known now. */
  prove(id: string): Promise<void>;
  pause(ms: number): Promise<void>;
}

/** Long enough for a process that is there; one that is not has nothing to forget, and the database refuses what it might still remember. */
const evictionWaitMs = 20_000;
const evictionPollMs = 50;

/** Takes an erasure as far as it goes. @throws whatever a step throws; the next call goes on from there. */
export async function advanceErasure(erasure: OpenErasure, steps: ErasureSteps): Promise<void> {
  switch (erasure.state) {
    case "requested":
      await steps.freeze(erasure.id);
      return advanceErasure({ ...erasure, state: "frozen" }, steps);
    case "frozen":
      await evictions(erasure.id, steps);
      return advanceErasure({ ...erasure, state: await steps.destroy(erasure.id) }, steps);
    case "destroyed":
      await steps.writeTombstone(erasure.id);
      if (!(await steps.probe(erasure))) return steps.prove(erasure.id);
      return advanceErasure({ ...erasure, state: "probed" }, steps);
    case "probed":
      return steps.prove(erasure.id);
    case "refused":
    case "proven":
  }
}

async function evictions(id: string, steps: ErasureSteps): Promise<void> {
  for (let waited = 0; waited < evictionWaitMs; waited += evictionPollMs) {
    if ((await steps.missingEvictions(id)) === 0) return;
    await steps.pause(evictionPollMs);
  }
}
