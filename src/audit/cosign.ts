import type { Checkpoint } from "./checkpoint.ts";
import { consistencyRanges } from "./merkle.ts";
import { formatSignatureLine, type NoteKey, NoteError, parseNote, type SignatureLine, verifiedKeys } from "./note.ts";
import type { Policy } from "./policy.ts";
import { type Cosign, PublishError } from "./publisher.ts";
import { hashesOfRanges, type ReadTile } from "./tiles.ts";
import { addCheckpointBody, sizeMediaType } from "./witness.ts";

/*
 * The log's side of C2SP tlog-witness 1.0.0. Each witness is asked to cosign a new head, with the proof that it goes on from the last head that the witness has:
 *
 *   200                          its cosignature lines are checked, and those that hold are kept → cosigned, or garbage
 *   409, another size below ours the witness is elsewhere (it was away, or has lost what it had): asked once more, from there
 *   409, a size above ours       the witness has cosigned entries that this log does not have → fork
 *   409, our own size and old    the witness has another head of that size → fork
 *   422                          what the witness has is not the beginning of this log → fork
 *   400, 403, 404                the witness does not take this log, or this key → refused
 *   anything else, or nothing    → unavailable
 */
export type WitnessOutcome = "cosigned" | "fork" | "refused" | "garbage" | "unavailable";

export interface WitnessReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface Witness {
  readonly key: NoteKey;
  /**
   * Posts to its add-checkpoint.
   * @param ended when nobody waits for the answer any more.
   * @returns null where it did not answer in time, or more than a few lines.
   */
  addCheckpoint(body: string, ended: AbortSignal): Promise<WitnessReply | null>;
}

export interface Cosigners {
  readonly witnesses: readonly Witness[];
  /** Says which of them are enough. */
  readonly policy: Policy;
  /** What happens where they are not: the head waits, or is published with the cosignatures that there are. */
  readonly shortfall: "hold" | "publish";
  /** Begins the time that a head waits for its witnesses. */
  readonly deadline: () => AbortSignal;
  /** Tiles of the log as it is about to be published. */
  readonly read: ReadTile;
  /** Told of each answer. */
  readonly answered: (witness: NoteKey, outcome: WitnessOutcome, size: number) => void;
}

/** An answer with another size leads to another question; two are enough unless somebody else uses the same witness for this log. */
const questionsMax = 3;

/**
 * Asks all witnesses at once. A head that a witness calls a fork is held, whatever `shortfall` says, unless the others are enough without it: one
 * witness alone may err, and a log without enough witnesses must not argue.
 */
export function cosignBy({ witnesses, policy, shortfall, deadline, read, answered }: Cosigners): Cosign {
  const sizes = new Map<NoteKey, number>();
  return async (note, checkpoint, oldSize) => {
    const ended = deadline();
    const answers = await Promise.all(
      witnesses.map(async (witness) => {
        const question: Question = { note, checkpoint, oldSize: sizes.get(witness.key) ?? oldSize, read, ended };
        const answer = await ask(witness, question);
        if (answer.outcome === "cosigned") sizes.set(witness.key, checkpoint.size);
        answered(witness.key, answer.outcome, checkpoint.size);
        return { key: witness.key, ...answer };
      }),
    );
    const cosigned = answers.filter(({ outcome }) => outcome === "cosigned");
    const cosigners = new Set(policy.witnesses.filter(({ publicKey }) => cosigned.some(({ key }) => key.publicKey.equals(publicKey))));
    const isFork = answers.some(({ outcome }) => outcome === "fork");
    if (!policy.isQuorum(cosigners) && (isFork || shortfall === "hold"))
      throw new PublishError("held", isFork ? "a witness has seen another log of this name" : "not enough witnesses have cosigned");
    return note + answers.map(({ lines }) => lines).join("");
  };
}

interface Question {
  readonly note: string;
  readonly checkpoint: Checkpoint;
  readonly oldSize: number;
  readonly read: ReadTile;
  readonly ended: AbortSignal;
}

interface WitnessAnswer {
  readonly outcome: WitnessOutcome;
  /** Signature lines that hold; none where it did not cosign. */
  readonly lines: string;
}

async function ask(witness: Witness, { note, checkpoint, oldSize, read, ended }: Question): Promise<WitnessAnswer> {
  let from = Math.min(oldSize, checkpoint.size);
  for (let asked = 0; asked < questionsMax; asked++) {
    const ranges = from === 0 ? [] : consistencyRanges(from, checkpoint.size);
    const proof = await hashesOfRanges(ranges, checkpoint.size, read);
    const reply = await witness.addCheckpoint(addCheckpointBody(from, proof, note), ended);
    if (reply?.status !== 409) return answerOf(reply, witness.key, note);
    const known = sizeOf(reply);
    if (known === null) return { outcome: "garbage", lines: "" };
    if (known > checkpoint.size || (known === from && from === checkpoint.size)) return { outcome: "fork", lines: "" };
    if (known === from) return { outcome: "garbage", lines: "" };
    from = known;
  }
  return { outcome: "unavailable", lines: "" };
}

function answerOf(reply: WitnessReply | null, key: NoteKey, note: string): WitnessAnswer {
  switch (reply?.status) {
    case 200: {
      const lines = cosignaturesOf(reply.body, key, note);
      return { outcome: lines === "" ? "garbage" : "cosigned", lines };
    }
    case 422:
      return { outcome: "fork", lines: "" };
    case 400:
    case 403:
    case 404:
      return { outcome: "refused", lines: "" };
    default:
      return { outcome: "unavailable", lines: "" };
  }
}

/** The body of a 409. @returns null where it is not a size. */
function sizeOf({ contentType, body }: WitnessReply): number | null {
  const [, size] = /^(0|[1-9]\d{0,15})\n$/.exec(body) ?? [];
  return contentType !== sizeMediaType || size === undefined || !Number.isSafeInteger(Number(size)) ? null : Number(size);
}

/** The lines of a witness's answer that are its own and hold on this note; "" where there is none, or one that should hold does not. */
function cosignaturesOf(body: string, key: NoteKey, note: string): string {
  try {
    const { text } = parseNote(note);
    const answered = parseNote(`${text}\n${body}`);
    // A text before the lines would make another note of it.
    if (answered.text !== text) return "";
    const own = answered.signatures.filter((line) => line.name === key.name && line.id === key.id && hasTime(line));
    if (verifiedKeys({ text, signatures: own }, [key]).length === 0) return "";
    return formatSignatureLine(own[0]!);
  } catch (error) {
    if (error instanceof NoteError) return "";
    throw error;
  }
}

/** A cosignature of a whole tree says when it was made (tlog-witness, "add-checkpoint"). */
function hasTime({ signature }: SignatureLine): boolean {
  return signature.length > 8 && signature.readBigUInt64BE() > 0n;
}
