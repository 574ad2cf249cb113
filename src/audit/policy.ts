import { type NoteKey, NoteError, openNote, parseKey } from "./note.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";

/**
 * Whom a verifier trusts (C2SP tlog-policy): the logs whose signature it takes, and which witnesses must have cosigned. Read from a text of lines
 * `log KEY [URL]`, `witness NAME KEY [URL]`, `group NAME all|any|K MEMBER …`, `quorum NAME|none`.
 */
export interface Policy {
  readonly logs: readonly NoteKey[];
  readonly witnesses: readonly NoteKey[];
  /** What a log needs to ask a witness: its key, and the URL that add-checkpoint is below, where the policy says one. */
  readonly submissions: readonly WitnessSubmission[];
  /** Whether these witnesses are enough. */
  isQuorum(cosigners: ReadonlySet<NoteKey>): boolean;
}

export interface WitnessSubmission {
  readonly key: NoteKey;
  readonly url: string | null;
}

/** Trusts one log's key and asks for no witness. */
export function policyOfKey(key: NoteKey): Policy {
  return { logs: [key], witnesses: [], submissions: [], isQuorum: () => true };
}

const linesMax = 10_000;

/** @throws {NoteError} `malformed`, with the number of the line. */
export function parsePolicy(text: string): Policy {
  const logs: NoteKey[] = [];
  const witnesses: NoteKey[] = [];
  const submissions: WitnessSubmission[] = [];
  const rules = new Map<string, (cosigners: ReadonlySet<NoteKey>) => boolean>();
  let quorum: ((cosigners: ReadonlySet<NoteKey>) => boolean) | null = null;
  const lines = text.split("\n");
  if (lines.length > linesMax) throw new NoteError("malformed", `a policy has at most ${linesMax} lines`);
  for (const [index, line] of lines.entries()) {
    const refuse = (why: string): never => {
      throw new NoteError("malformed", `line ${index + 1} of the policy: ${why}`);
    };
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(line)) refuse("control characters are not allowed");
    const words = line.split(/[ \t]+/).filter((word) => word !== "");
    const [kind, name = "", third = ""] = words;
    const define = (rule: (cosigners: ReadonlySet<NoteKey>) => boolean): void => {
      if (name === "none" || rules.has(name)) refuse("the name is taken");
      rules.set(name, rule);
    };
    if (kind === undefined || kind.startsWith("#")) continue;
    else if (kind === "log" && (words.length === 2 || words.length === 3)) {
      const key = keyOf(name, ["ed25519", "ecdsa-p256"], refuse);
      if (isKnown(key, logs)) refuse("the log stands twice");
      logs.push(key);
    } else if (kind === "witness" && (words.length === 3 || words.length === 4)) {
      const key = keyOf(third, ["ed25519-cosignature", "ml-dsa-44-cosignature"], refuse);
      if (isKnown(key, witnesses)) refuse("the witness stands twice");
      witnesses.push(key);
      submissions.push({ key, url: words[3] ?? null });
      define((cosigners) => cosigners.has(key));
    } else if (kind === "group" && words.length >= 4) {
      const names = words.slice(3);
      const members = names.map((member) => rules.get(member) ?? refuse("a member is not defined above"));
      if (new Set(names).size < names.length) refuse("a member stands twice");
      const threshold = third === "all" ? members.length : third === "any" ? 1 : /^[1-9]\d{0,5}$/.test(third) ? Number(third) : 0;
      if (threshold < 1 || threshold > members.length) refuse("the number of members must be from 1 to all");
      define((cosigners) => members.filter((member) => member(cosigners)).length >= threshold);
    } else if (kind === "quorum" && words.length === 2) {
      if (quorum !== null) refuse("there is one quorum line");
      quorum = name === "none" ? () => true : (rules.get(name) ?? refuse("the quorum is not defined above"));
    } else refuse("log, witness, group or quorum expected");
  }
  if (quorum === null) throw new NoteError("malformed", "the policy has no quorum line");
  return { logs, witnesses, submissions, isQuorum: quorum };
}

function keyOf(text: string, allowed: readonly NoteKey["kind"][], refuse: (why: string) => never): NoteKey {
  let key: NoteKey;
  try {
    key = parseKey(text);
  } catch {
    return refuse("not a verifier key");
  }
  return allowed.includes(key.kind) ? key : refuse("a key of another kind is needed here");
}

function isKnown(key: NoteKey, keys: readonly NoteKey[]): boolean {
  return keys.some((each) => each.publicKey.equals(key.publicKey));
}

/**
 * The checkpoint of a note, if a log of the policy has signed it under its own name and enough witnesses have cosigned.
 * @throws {NoteError} `malformed`, `bad-signature`, `unsigned`.
 */
export function openCheckpoint(note: string, policy: Policy): Checkpoint {
  const { text, by } = openNote(note, [...policy.logs, ...policy.witnesses]);
  const checkpoint = parseCheckpoint(text);
  if (!by.some((key) => policy.logs.includes(key) && key.name === checkpoint.origin)) {
    throw new NoteError("unsigned", "the log that the checkpoint names has not signed it");
  }
  if (!policy.isQuorum(new Set(by.filter((key) => policy.witnesses.includes(key))))) {
    throw new NoteError("unsigned", "not enough witnesses have cosigned the checkpoint");
  }
  return checkpoint;
}
