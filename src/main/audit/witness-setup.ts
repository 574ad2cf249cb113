import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { formatKey, localSigner, type NoteKey, noteKey, type NoteSigner, parseKey } from "../../audit/note.ts";
import { makeFolder, syncFolder } from "../../cloud/durable-file.ts";

/** What stops a witness from starting, with the command that helps. */
export class WitnessSetupError extends Error {
  override readonly name = "WitnessSetupError";
  readonly hint: string;
  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

const keyFile = "witness.json";
const initHint = "parcelkeep audit witness init FOLDER --name witness.example.eu/w1";
const groupOrOthers = 0o077;

/** Makes a witness's key. @returns its verifier key. @throws {WitnessSetupError} where the folder has one already: a second key is a second witness. */
export async function initWitness(folder: string, name: string): Promise<string> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const signer = localSigner(name, "ed25519-cosignature", privateKey, () => 0);
  await makeFolder(folder);
  const file = { name, key: privateKey.export({ format: "der", type: "pkcs8" }).toString("base64") };
  const handle = await open(join(folder, keyFile), "wx", 0o600).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw cause;
    throw new WitnessSetupError("the folder has a witness's key already", "take another folder, or serve this one", { cause });
  });
  try {
    await handle.writeFile(`${JSON.stringify(file)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(folder);
  return formatKey(signer.key);
}

/** The witness of a folder, signing with the time of the clock. @throws {WitnessSetupError} */
export async function witnessSigner(folder: string, nowMs: () => number): Promise<NoteSigner> {
  const path = join(folder, keyFile);
  const { mode } = await stat(path).catch((cause: unknown) => {
    throw new WitnessSetupError("the folder has no witness's key", initHint, { cause });
  });
  if ((mode & groupOrOthers) !== 0) throw new WitnessSetupError("others can read the witness's key", `chmod 600 ${path}`);
  const { name, privateKey } = readKey(await readFile(path, "utf8"));
  return localSigner(name, "ed25519-cosignature", privateKey, () => nowMs() / 1000);
}

function readKey(text: string): { readonly name: string; readonly privateKey: KeyObject } {
  try {
    const { name, key } = JSON.parse(text) as { name: string; key: string };
    return { name, privateKey: createPrivateKey({ key: Buffer.from(key, "base64"), format: "der", type: "pkcs8" }) };
  } catch {
    // Without its cause, which could quote the key.
    throw new WitnessSetupError("the witness's key cannot be read", initHint);
  }
}

/**
 * The logs that a witness knows, out of lines `log VKEY`, or `yearly VKEY` for a log that begins anew each year under the same key: its name ends with a year, and
 * the names with other years are taken too. Empty lines and `#` are passed over.
 * @throws {WitnessSetupError}
 */
export function knownLogs(text: string): (origin: string) => readonly NoteKey[] {
  const logs: NoteKey[] = [];
  const yearly: NoteKey[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, kind, vkey = ""] = /^(log|yearly) (\S+)\s*$/.exec(line) ?? [];
    const refuse = (cause?: unknown): never => {
      throw new WitnessSetupError(
        `line ${index + 1} of the known logs is not one`,
        "log NAME+ID+KEY, or yearly NAME/2026+ID+KEY; the log's owner shows its key at /v1/audit/keys",
        { cause },
      );
    };
    const key = logKey(vkey, refuse);
    if (kind === undefined || (kind === "yearly" && !endsWithYear.test(key.name))) refuse();
    (kind === "log" ? logs : yearly).push(key);
  }
  return (origin) => [
    ...logs.filter(({ name }) => name === origin),
    ...yearly.filter(({ name }) => isSameButYear(name, origin)).map(({ kind, publicKey }) => noteKey(origin, kind, publicKey)),
  ];
}

const endsWithYear = /\/\d{4}$/;

function isSameButYear(name: string, origin: string): boolean {
  return endsWithYear.test(origin) && origin.replace(endsWithYear, "") === name.replace(endsWithYear, "");
}

function logKey(vkey: string, refuse: (cause?: unknown) => never): NoteKey {
  let key: NoteKey;
  try {
    key = parseKey(vkey);
  } catch (error) {
    return refuse(error);
  }
  return key.kind === "ed25519" || key.kind === "ecdsa-p256" ? key : refuse();
}
