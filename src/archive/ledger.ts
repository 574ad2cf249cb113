/** Which batches go into which segment. Committed before anything is written, so that it can be carried out again after a crash. */
export interface SegmentPlan {
  /** UUID, lower case. */
  readonly id: string;
  /** Of the object that the segment will be; no other plan has it. */
  readonly key: string;
  /** When the plan was committed, in whole milliseconds. Stands in the segment. */
  readonly createdAt: Date;
  /** Before this moment nobody may be able to delete the segment; null: no lock is asked for. */
  readonly retainUntil: Date | null;
  /** Ids of at least one batch, in the order in which they go into the segment. */
  readonly batches: readonly string[];
}

/** A segment that stands in the object store. */
export interface ArchivedSegment {
  readonly key: string;
  /** SHA-256 of the whole object. */
  readonly sha256: Buffer;
  readonly bytes: number;
  readonly records: number;
  /** Where each of the plan's batches begins in the object: what to add to a record's offset within its batch. */
  readonly batchOffsets: readonly number[];
}

/** The archive's memory. Its errors are its own; the archiver lets them through and is run again. */
export interface ArchiveLedger {
  /**
   * Commits a plan for batches that are in none yet.
   * A batch is in at most one plan, for ever. Bounds the plan, so that the segment stays below `segmentBytesMax`.
   * @returns null when no batch is waiting, or too little to make a segment of.
   */
  plan(now: Date): Promise<SegmentPlan | null>;
  /**
   * @returns the bodies of the plan's batches, in its order, each packed by `packRecords`; they are kept until the plan is complete. Null when
   * it is complete by now: another process came first.
   */
  load(plan: SegmentPlan): Promise<readonly Uint8Array[] | null>;
  /**
   * Commits that the plan's records stand in the object store; only now their batches may be deleted.
   * Repeating it with the same segment changes nothing, also when another process came first.
   */
  complete(plan: SegmentPlan, segment: ArchivedSegment): Promise<void>;
  /** @returns plans that were committed and not completed, oldest first. */
  unfinished(): Promise<readonly SegmentPlan[]>;
}
