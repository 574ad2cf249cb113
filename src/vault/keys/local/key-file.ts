import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { KeyError } from "../provider.ts";

/** The files of a key folder. Each has what one power needs, and nothing of the others. */
export type KeyFileName = "sealing.json" | "opening.json" | "resolving.json" | "signing.json";

/** What all of them say about the epochs. Each epoch's values are base64 of 32 bytes. */
export interface KeyFile<Field extends string> {
  readonly version: 3;
  readonly currentEpoch: number;
  readonly minimumEpoch: number;
  readonly epochs: Readonly<Record<string, Readonly<Record<Field, string>>>>;
}

/** Held by whoever seals. A retired epoch stays in it, since its derivation secret still finds what was named under it. */
export type SealingFile = KeyFile<"publicKey" | "resolvingPublicKey" | "derivationSecret">;
/** Of one root: `opening.json` is the opener's alone, `resolving.json` the outbound process's too. A retired epoch's keys are not in it any more. */
export type OpeningFile = KeyFile<"publicKey" | "privateKey">;
/** Held by the one that signs. */
export type SigningFile = KeyFile<"publicKey" | "privateKey">;

const keyBytes = 32;

/** @throws {KeyError} `bad-key-file`, `unavailable`; neither quotes the file. */
export async function readKeyFile<Field extends string>(path: string, fields: readonly Field[]): Promise<KeyFile<Field>> {
  const file = parse(await readOwnFile(path));
  if (isKeyFile(file, fields)) return file;
  throw new KeyError("bad-key-file", `${basename(path)} is not a Parcelkeep key file of version 3`);
}

/** The values of a file's epochs as bytes. */
export function epochKeys<Field extends string>(file: KeyFile<Field>): ReadonlyMap<number, Readonly<Record<Field, Buffer>>> {
  const bytesOf = (keys: Readonly<Record<Field, string>>): Record<Field, Buffer> =>
    Object.fromEntries(Object.entries<string>(keys).map(([field, text]) => [field, Buffer.from(text, "base64")])) as Record<Field, Buffer>;
  return new Map(Object.entries(file.epochs).map(([epoch, keys]) => [Number(epoch), bytesOf(keys)]));
}

/** @throws {KeyError} `retired-epoch`, `unknown-epoch` */
export function refuseRetired(epoch: number, { currentEpoch, minimumEpoch }: Pick<KeyFile<never>, "currentEpoch" | "minimumEpoch">): void {
  if (epoch < minimumEpoch) throw new KeyError("retired-epoch", `epoch ${epoch} is retired; the first that is not is ${minimumEpoch}`);
  if (epoch > currentEpoch) throw new KeyError("unknown-epoch", `there is no root for epoch ${epoch}; the newest is ${currentEpoch}`);
}

/** Writes a file of mode 0600 that is not there, durably. */
export async function writeKeyFile(path: string, file: KeyFile<string>): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(file, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Puts a new file in the place of an old one, which stays whole until then, and overwrites the bytes of the old one afterwards. On a disk or file system
 * that writes elsewhere (flash, copy on write, snapshots) the old bytes may live on; there the retired key is gone only with the medium's own key.
 */
export async function replaceKeyFile(path: string, file: KeyFile<string>): Promise<void> {
  const old = await open(path, "r+");
  try {
    const draft = `${path}.new`;
    await rm(draft, { force: true });
    await writeKeyFile(draft, file);
    await rename(draft, path);
    await syncFolder(dirname(path));
    const { size } = await old.stat();
    await old.write(Buffer.alloc(size), 0, size, 0);
    await old.sync();
  } finally {
    await old.close();
  }
}

/** Makes the names in a folder durable. Windows has no such call, and no need of it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readOwnFile(path: string): Promise<string> {
  const name = basename(path);
  try {
    const { mode } = await stat(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      throw new KeyError("bad-key-file", `${name} is readable by others; its mode must be 0600`);
    }
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof KeyError) throw error;
    throw new KeyError("unavailable", `the key file ${name} cannot be read`, { cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says could quote the file.
    return null;
  }
}

function isKeyFile<Field extends string>(value: unknown, fields: readonly Field[]): value is KeyFile<Field> {
  const file = value as Partial<KeyFile<Field>> | null;
  if (!isObject(file) || file.version !== 3 || !isObject(file.epochs)) return false;
  const isKey = (text: unknown): boolean => typeof text === "string" && Buffer.from(text, "base64").length === keyBytes;
  return (
    [file.currentEpoch, file.minimumEpoch].every((epoch) => Number.isInteger(epoch) && epoch! >= 1) &&
    String(file.currentEpoch) in file.epochs &&
    Object.entries(file.epochs).every(
      ([epoch, keys]) => /^[1-9]\d{0,8}$/.test(epoch) && isObject(keys) && fields.every((field) => isKey(keys[field])),
    )
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
