import { createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";

/*
 * Signed notes (C2SP signed-note 1.0.0): a text, an empty line, and signature lines `— <name> base64(key id, signature)`. Two kinds of key besides the
 * plain one are cosigners' (C2SP tlog-cosignature 1.1.0): they sign a time too, and the ML-DSA one signs the tree's head as a structure of its own. ECDSA on
 * P-256 is for logs whose key lies in a module without Ed25519; its key is a SubjectPublicKeyInfo and its id the digest of that alone.
 */
export type KeyKind = "ed25519" | "ecdsa-p256" | "ed25519-cosignature" | "ml-dsa-44-cosignature";

/** `signatureBytes`: null where it varies. */
const kinds: Readonly<Record<KeyKind, { readonly type: number; readonly keyBytes: number; readonly signatureBytes: number | null }>> = {
  ed25519: { type: 0x01, keyBytes: 32, signatureBytes: 64 },
  "ecdsa-p256": { type: 0x02, keyBytes: 91, signatureBytes: null },
  "ed25519-cosignature": { type: 0x04, keyBytes: 32, signatureBytes: 8 + 64 },
  "ml-dsa-44-cosignature": { type: 0x06, keyBytes: 1312, signatureBytes: 8 + 2420 },
};

/** The public half of a note key. */
export interface NoteKey {
  readonly name: string;
  readonly kind: KeyKind;
  /** First four bytes of SHA-256(name, newline, type, key). */
  readonly id: number;
  /** 32 bytes; 1,312 for ML-DSA-44; a SubjectPublicKeyInfo of 91 for ECDSA. */
  readonly publicKey: Buffer;
}

export class NoteError extends Error {
  override readonly name = "NoteError";
  /** `malformed`: not a note, key or policy at all; `bad-signature`: a known key's signature does not hold; `unsigned`: none of a known key. */
  readonly code: "malformed" | "bad-signature" | "unsigned";
  constructor(code: NoteError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface SignatureLine {
  readonly name: string;
  readonly id: number;
  readonly signature: Buffer;
}

export interface Note {
  /** With its last newline. */
  readonly text: string;
  readonly signatures: readonly SignatureLine[];
}

/** More lines than any quorum has; the specification asks for at least 16. */
const signaturesMax = 100;
/** Bytes; a checkpoint has a few hundred, ML-DSA signatures 3,300 each. */
export const noteBytesMax = 1024 * 1024;

export function noteKey(name: string, kind: KeyKind, publicKey: Uint8Array): NoteKey {
  if (!isName(name)) throw new NoteError("malformed", "a key name has no spaces and no plus sign");
  const { type, keyBytes } = kinds[kind];
  if (publicKey.length !== keyBytes) throw new NoteError("malformed", `a key of kind ${kind} has ${keyBytes} bytes`);
  const named = kind === "ecdsa-p256" ? publicKey : Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey]);
  const digest = hash("sha256", named, "buffer");
  return { name, kind, id: digest.readUInt32BE(), publicKey: Buffer.from(publicKey) };
}

/** Writes a key as `name+id+base64(type, key)`, the form in which it is handed to verifiers. */
export function formatKey({ name, kind, id, publicKey }: NoteKey): string {
  return `${name}+${hex(id)}+${Buffer.concat([Buffer.of(kinds[kind].type), publicKey]).toString("base64")}`;
}

/** @throws {NoteError} `malformed`. */
export function parseKey(text: string): NoteKey {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text.trim()) ?? [];
  const bytes = encoded === undefined ? null : strictBase64(encoded);
  const kind = bytes === null ? undefined : (Object.keys(kinds) as KeyKind[]).find((each) => kinds[each].type === bytes[0]);
  if (name === undefined || bytes === null || kind === undefined)
    throw new NoteError("malformed", "not a verifier key: name+id+key expected");
  const key = noteKey(name, kind, bytes.subarray(1));
  if (hex(key.id) !== id) throw new NoteError("malformed", "the id in a verifier key is not that of its name and key");
  return key;
}

/** @throws {NoteError} `malformed`. */
export function parseNote(note: string): Note {
  const broken = new NoteError("malformed", "not a signed note");
  // eslint-disable-next-line no-control-regex
  if (note.length > noteBytesMax || /[\u0000-\u0009\u000b-\u001f\ufffd]/.test(note)) throw broken;
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) throw broken;
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > signaturesMax) throw broken;
  const signatures = lines.map((line): SignatureLine => {
    const [, name, encoded] = /^— ([^+\s]+) (\S+)$/.exec(line) ?? [];
    const bytes = encoded === undefined ? null : base64(encoded);
    if (name === undefined || bytes === null || bytes.length < 5) throw broken;
    return { name, id: bytes.readUInt32BE(), signature: bytes.subarray(4) };
  });
  return { text: note.slice(0, end + 1), signatures };
}

/**
 * The keys, of those given, whose signatures a note has. Signatures of other keys are passed over; one of a given key that does not hold refuses the note.
 * @throws {NoteError} `bad-signature`.
 */
export function verifiedKeys({ text, signatures }: Note, keys: readonly NoteKey[]): readonly NoteKey[] {
  const verified = new Set<NoteKey>();
  for (const line of signatures) {
    const key = keys.find((each) => each.name === line.name && each.id === line.id);
    if (key === undefined) continue;
    if (!signatureHolds(key, text, line.signature)) throw new NoteError("bad-signature", "a signature of a known key does not hold");
    verified.add(key);
  }
  return [...verified];
}

/** @throws {NoteError} `malformed`, `bad-signature`; `unsigned` where none of the keys has signed. */
export function openNote(note: string, keys: readonly NoteKey[]): { readonly text: string; readonly by: readonly NoteKey[] } {
  const parsed = parseNote(note);
  const by = verifiedKeys(parsed, keys);
  if (by.length === 0) throw new NoteError("unsigned", "no signature of a known key");
  return { text: parsed.text, by };
}

function signatureHolds(key: NoteKey, text: string, signature: Buffer): boolean {
  const { signatureBytes } = kinds[key.kind];
  if (signatureBytes !== null && signature.length !== signatureBytes) return false;
  if (key.kind === "ed25519") return verify(null, Buffer.from(text), publicKeyOf(key), signature);
  if (key.kind === "ecdsa-p256") return verify("sha256", Buffer.from(text), publicKeyOf(key), signature);
  const time = signature.readBigUInt64BE();
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return false;
  const message = cosignedMessage(key, text, Number(time));
  return message !== null && verify(null, message, publicKeyOf(key), signature.subarray(8));
}

/** What a cosigner signs (C2SP tlog-cosignature); null where the text is no checkpoint. */
export function cosignedMessage({ name, kind }: Pick<NoteKey, "name" | "kind">, text: string, timeSeconds: number): Buffer | null {
  if (kind === "ed25519-cosignature") return Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${text}`);
  const [origin = "", size = "", root = ""] = text.split("\n");
  const rootBytes = strictBase64(root);
  if (!/^(?:0|[1-9]\d{0,15})$/.test(size) || rootBytes?.length !== 32) return null;
  return Buffer.concat([
    Buffer.from("subtree/v1\n\0"),
    withLength(Buffer.from(name)),
    bigEndian(timeSeconds),
    withLength(Buffer.from(origin)),
    bigEndian(0),
    bigEndian(Number(size)),
    rootBytes,
  ]);
}

/** Makes signature lines; where the key lies (a file, an HSM, a key service) is the signer's matter. */
export interface NoteSigner {
  readonly key: NoteKey;
  /** @param text of the note. @returns what stands after the key id in the signature line. */
  sign(text: string): Promise<Buffer>;
}

/** Signs with a key in this process. @param timeSeconds the clock, for cosigners. */
export function localSigner(name: string, kind: KeyKind, privateKey: KeyObject, timeSeconds: () => number): NoteSigner {
  const key = noteKey(name, kind, rawPublicKey(privateKey, kind));
  return {
    key,
    sign: async (text) => {
      if (kind === "ed25519") return sign(null, Buffer.from(text), privateKey);
      if (kind === "ecdsa-p256") return sign("sha256", Buffer.from(text), privateKey);
      const time = Math.floor(timeSeconds());
      const message = cosignedMessage(key, text, time);
      if (message === null) throw new NoteError("malformed", "only a checkpoint can be cosigned");
      return Buffer.concat([bigEndian(time), sign(null, message, privateKey)]);
    },
  };
}

export async function signatureLine(signer: NoteSigner, text: string): Promise<string> {
  const { name, id } = signer.key;
  return formatSignatureLine({ name, id, signature: await signer.sign(text) });
}

export function formatSignatureLine({ name, id, signature }: SignatureLine): string {
  const keyId = Buffer.alloc(4);
  keyId.writeUInt32BE(id);
  return `— ${name} ${Buffer.concat([keyId, signature]).toString("base64")}\n`;
}

/** @param text ends with a newline and holds no other control character. */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  if (!text.endsWith("\n")) throw new NoteError("malformed", "the text of a note ends with a newline");
  const lines: string[] = [];
  for (const signer of signers) lines.push(await signatureLine(signer, text));
  return `${text}\n${lines.join("")}`;
}

/** As Go's decoder, which the public logs' tools use, takes it: whole groups of four, whatever the unused last bits are. */
function base64(text: string): Buffer | null {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : null;
}

/** The same bytes have one base64 text (RFC 4648, section 4, with padding); anything else is null. */
export function strictBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
}

/** SubjectPublicKeyInfo before the raw key: RFC 8410 for Ed25519, RFC 9881 for ML-DSA-44. */
const spkiPrefix: Readonly<Record<KeyKind, Buffer>> = {
  ed25519: Buffer.from("302a300506032b6570032100", "hex"),
  "ecdsa-p256": Buffer.alloc(0),
  "ed25519-cosignature": Buffer.from("302a300506032b6570032100", "hex"),
  "ml-dsa-44-cosignature": Buffer.from("30820532300b06096086480165030403110382052100", "hex"),
};

const publicKeys = new WeakMap<NoteKey, KeyObject>();

function publicKeyOf(key: NoteKey): KeyObject {
  let publicKey = publicKeys.get(key);
  if (publicKey === undefined) {
    const spki = Buffer.concat([spkiPrefix[key.kind], key.publicKey]);
    publicKeys.set(key, (publicKey = createPublicKey({ key: spki, format: "der", type: "spki" })));
  }
  return publicKey;
}

/** The bytes of the public half as a key of this kind has them. */
export function rawPublicKey(key: KeyObject, kind: KeyKind): Buffer {
  const spki = (key.type === "private" ? createPublicKey(key) : key).export({ format: "der", type: "spki" });
  return spki.subarray(spkiPrefix[kind].length);
}

function isName(name: string): boolean {
  return name !== "" && !/[+\s\p{Cc}]/u.test(name);
}

function hex(id: number): string {
  return id.toString(16).padStart(8, "0");
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function withLength(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}
