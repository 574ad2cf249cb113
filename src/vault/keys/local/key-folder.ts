import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { generateX25519 } from "../hpke.ts";
import { KeyError } from "../provider.ts";
import {
  type KeyFile,
  type KeyFileName,
  type OpeningFile,
  readKeyFile,
  replaceKeyFile,
  type SealingFile,
  type SigningFile,
  syncFolder,
  writeKeyFile,
} from "./key-file.ts";

const fileNames: readonly KeyFileName[] = ["opening.json", "resolving.json", "signing.json", "sealing.json"];

/**
 * Makes the folder with its files unless it is there. They appear together or not at all, since a sealing half without its opening half would seal
 * what nobody can open; two programs at once end with one and the same set.
 * @throws {KeyError} `bad-key-file` where the folder holds something else.
 */
export async function createLocalKeys(folder: string): Promise<void> {
  if (await isComplete(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
  // Of mode 0700 by itself.
  const draft = await mkdtemp(`${folder}.new-`);
  try {
    const { opening, resolving, signing, sealing } = newEpoch();
    const fileOf = <Keys>(keys: Keys) => ({ version: 3, currentEpoch: 1, minimumEpoch: 1, epochs: { 1: keys } }) as const;
    await writeKeyFile(join(draft, "opening.json"), fileOf(opening));
    await writeKeyFile(join(draft, "resolving.json"), fileOf(resolving));
    await writeKeyFile(join(draft, "signing.json"), fileOf(signing));
    await writeKeyFile(join(draft, "sealing.json"), fileOf(sealing));
    await syncFolder(draft);
    await rename(draft, folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    if (!isTaken(error)) throw error;
    if (!(await isComplete(folder))) {
      throw new KeyError("bad-key-file", `${folder} does not hold ${fileNames.join(", ")}; restore them, or begin with an empty folder`);
    }
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Adds an epoch and makes it the current one. The halves that open learn it first, so that no wrap is made which nobody could open; a call that was cut
 * short is completed by the next. One caller at a time. Processes that run keep what they read: they wrap for the old epoch until they start again.
 * @returns the new epoch.
 * @throws {KeyError} `bad-key-file`, `unavailable`
 */
export async function addLocalEpoch(folder: string): Promise<number> {
  const { opening, resolving, signing, sealing } = await readFolder(folder);
  const epoch = sealing.currentEpoch + 1;
  const fresh = newEpoch();
  // What a call that was cut short made stands: only its public keys are needed.
  const pair = opening.epochs[epoch] ?? fresh.opening;
  const resolvingPair = resolving.epochs[epoch] ?? fresh.resolving;
  if (opening.currentEpoch < epoch) await replaceKeyFile(join(folder, "opening.json"), withEpoch(opening, epoch, pair));
  if (resolving.currentEpoch < epoch) await replaceKeyFile(join(folder, "resolving.json"), withEpoch(resolving, epoch, resolvingPair));
  if (signing.currentEpoch < epoch) await replaceKeyFile(join(folder, "signing.json"), withEpoch(signing, epoch, fresh.signing));
  const sealed = {
    publicKey: pair.publicKey,
    resolvingPublicKey: resolvingPair.publicKey,
    derivationSecret: fresh.sealing.derivationSecret,
  };
  await replaceKeyFile(join(folder, "sealing.json"), withEpoch(sealing, epoch, sealed));
  return epoch;
}

/**
 * Retires every epoch before `minimumEpoch`: no wrap is made for them or opened, and their private keys are destroyed. The sealing half learns it first;
 * a call that was cut short may be repeated. One caller at a time. What is wrapped under a retired epoch is lost, in every backup too.
 * @throws {KeyError} `unknown-epoch` where it would leave none; `bad-key-file`, `unavailable`
 */
export async function retireLocalEpochs(folder: string, minimumEpoch: number): Promise<void> {
  const { opening, resolving, signing, sealing } = await readFolder(folder);
  if (minimumEpoch > sealing.currentEpoch) throw new KeyError("unknown-epoch", `the current epoch is ${sealing.currentEpoch}; it stays`);
  const raised = Math.max(minimumEpoch, sealing.minimumEpoch);
  await replaceKeyFile(join(folder, "sealing.json"), { ...sealing, minimumEpoch: raised });
  await replaceKeyFile(join(folder, "signing.json"), withoutBefore(signing, raised));
  await replaceKeyFile(join(folder, "resolving.json"), withoutBefore(resolving, raised));
  await replaceKeyFile(join(folder, "opening.json"), withoutBefore(opening, raised));
}

interface Files {
  readonly opening: OpeningFile;
  readonly resolving: OpeningFile;
  readonly signing: SigningFile;
  readonly sealing: SealingFile;
}

async function readFolder(folder: string): Promise<Files> {
  return {
    opening: await readKeyFile(join(folder, "opening.json"), ["publicKey", "privateKey"]),
    resolving: await readKeyFile(join(folder, "resolving.json"), ["publicKey", "privateKey"]),
    signing: await readKeyFile(join(folder, "signing.json"), ["publicKey", "privateKey"]),
    sealing: await readKeyFile(join(folder, "sealing.json"), ["publicKey", "resolvingPublicKey", "derivationSecret"]),
  };
}

function newEpoch() {
  const opening = newPair();
  const resolving = newPair();
  const signing = generateKeyPairSync("ed25519");
  return {
    opening,
    resolving,
    signing: {
      publicKey: signing.publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64"),
      privateKey: rawPrivateKey(signing.privateKey.export({ format: "der", type: "pkcs8" })),
    },
    sealing: {
      publicKey: opening.publicKey,
      resolvingPublicKey: resolving.publicKey,
      derivationSecret: randomBytes(32).toString("base64"),
    },
  };
}

function newPair(): { readonly publicKey: string; readonly privateKey: string } {
  const { publicKey, privateKey } = generateX25519();
  return {
    publicKey: publicKey.raw.toString("base64"),
    privateKey: rawPrivateKey(privateKey.export({ format: "der", type: "pkcs8" })),
  };
}

/** The key stands at the end of its PKCS#8 (RFC 8410, section 7). */
function rawPrivateKey(pkcs8: Buffer): string {
  return pkcs8.subarray(-32).toString("base64");
}

function withEpoch<File extends KeyFile<string>>(file: File, epoch: number, keys: File["epochs"][string]): File {
  return { ...file, currentEpoch: epoch, epochs: { ...file.epochs, [epoch]: keys } };
}

function withoutBefore<File extends KeyFile<string>>(file: File, minimumEpoch: number): File {
  const kept = Object.entries(file.epochs).filter(([epoch]) => Number(epoch) >= minimumEpoch);
  return { ...file, minimumEpoch, epochs: Object.fromEntries(kept) };
}

async function isComplete(folder: string): Promise<boolean> {
  const found = await Promise.all(
    fileNames.map((name) =>
      stat(join(folder, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.every(Boolean);
}

/** What a rename onto a folder that is not empty says: Linux, macOS, Windows. */
function isTaken(error: unknown): boolean {
  return ["ENOTEMPTY", "EEXIST", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "");
}
