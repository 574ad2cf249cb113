import { hash } from "node:crypto";
import type { ArchivedSegment, ArchiveLedger, SegmentPlan } from "./ledger.ts";
import { buildSegment, SegmentError } from "./segment.ts";

/** What the archive needs of an object store. Stages do not import each other: `ObjectStore` of `cloud` fits this, `main` passes it in. */
export interface SegmentStore {
  /** Durable when it resolves. Never overwrites: rejects with an error whose `code` is `exists` when the key is taken. */
  put(key: string, bytes: Uint8Array, options?: { readonly retainUntil?: Date | undefined }): Promise<void>;
  get(key: string): Promise<Uint8Array | null>;
  head(key: string): Promise<{ readonly retainUntil: Date | null } | null>;
}

/** A segment that cannot be archived as it stands; trying again does not help. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
  /**
   * All need a person, none holds up other segments. `conflict`: another object stands under the segment's key. `unprotected`: the segment stands there and is
   * not retained until its date. `bad-batch`: the batches are not whole records, or too many bytes (`cause` says which). `batches-missing`: the ledger gave fewer
   * batches than it had planned.
   */
  readonly code: "conflict" | "unprotected" | "bad-batch" | "batches-missing";
  readonly segmentId: string;
  constructor(code: ArchiveError["code"], segmentId: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.segmentId = segmentId;
  }
}

export interface ArchiveRun {
  /** Oldest first; empty when there was nothing to do. */
  readonly archived: readonly ArchivedSegment[];
  readonly alarms: readonly ArchiveError[];
}

/**
 * Carries out every plan that was left unfinished, then makes at most one new plan and carries that out.
 *
 * Why every record ends in exactly one segment: the ledger puts a batch into one plan and commits it before anything is written. A plan gives the
 * same key and the same bytes whenever it is carried out, and the store overwrites nothing. So a run that dies at any point is repeated by the next
 * one without a trace, two runs at once do the same work twice and store it once, and `complete` is the only end.
 *
 * @returns alarms beside what was archived: one bad segment must not hold up the others. They come again at every run until somebody has
 * looked after them.
 * @throws what the ledger or the store threw: neither is to be trusted with more plans now. Run again later.
 */
export async function archiveOnce(ledger: ArchiveLedger, store: SegmentStore, clock: () => Date): Promise<ArchiveRun> {
  const archived: ArchivedSegment[] = [];
  const alarms: ArchiveError[] = [];
  const carryOut = async (plan: SegmentPlan): Promise<void> => {
    try {
      const segment = await archiveSegment(ledger, store, plan);
      if (segment !== null) archived.push(segment);
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      alarms.push(error);
    }
  };
  for (const plan of await ledger.unfinished()) await carryOut(plan);
  const plan = await ledger.plan(clock());
  if (plan !== null) await carryOut(plan);
  return { archived, alarms };
}

/** @returns null when another process has carried out the plan meanwhile. */
async function archiveSegment(ledger: ArchiveLedger, store: SegmentStore, plan: SegmentPlan): Promise<ArchivedSegment | null> {
  const batches = await ledger.load(plan);
  if (batches === null) return null;
  const { bytes, records, batchOffsets } = build(plan, batches);
  const sha256 = hash("sha256", bytes, "buffer");
  await putOrAdopt(store, plan, bytes, sha256);
  const segment = { key: plan.key, sha256, bytes: bytes.length, records, batchOffsets };
  await ledger.complete(plan, segment);
  return segment;
}

function build(plan: SegmentPlan, batches: readonly Uint8Array[]): ReturnType<typeof buildSegment> {
  if (batches.length !== plan.batches.length) {
    throw new ArchiveError(
      "batches-missing",
      plan.id,
      `segment ${plan.id}: ${plan.batches.length} batches were planned, ${batches.length} loaded`,
    );
  }
  try {
    return buildSegment(plan.id, plan.createdAt, batches);
  } catch (error) {
    if (!(error instanceof SegmentError || error instanceof RangeError)) throw error;
    throw new ArchiveError("bad-batch", plan.id, `segment ${plan.id} cannot be built: ${error.message}`, { cause: error });
  }
}

/**
 * An object that is there already is this plan's, from a run whose end got lost, or a stranger. Its bytes decide, read back whole: a store's
 * own note of a digest says what was sent to it, not what it holds. A put that failed because the lock was not there has left the object; it is not adopted.
 */
async function putOrAdopt(store: SegmentStore, plan: SegmentPlan, bytes: Uint8Array, sha256: Buffer): Promise<void> {
  const { retainUntil } = plan;
  try {
    await store.put(plan.key, bytes, { retainUntil: retainUntil ?? undefined });
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== "exists") throw error;
    const found = await store.get(plan.key);
    if (found === null) throw error;
    const foundSha256 = hash("sha256", found, "buffer");
    if (!foundSha256.equals(sha256)) {
      throw new ArchiveError(
        "conflict",
        plan.id,
        `${plan.key} holds ${foundSha256.toString("hex")}, this plan makes ${sha256.toString("hex")}`,
        { cause: error },
      );
    }
    const kept = (await store.head(plan.key))?.retainUntil ?? null;
    if (retainUntil !== null && (kept === null || kept < retainUntil))
      throw new ArchiveError("unprotected", plan.id, `${plan.key} is not retained until ${retainUntil.toISOString()}`, { cause: error });
  }
}
