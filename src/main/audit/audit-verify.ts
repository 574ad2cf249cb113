import { readFile, stat } from "node:fs/promises";
import type { Checkpoint } from "../../audit/checkpoint.ts";
import { readEntry } from "../../audit/entry.ts";
import { filesBelow, LogError } from "../../audit/log-folder.ts";
import { parseKey } from "../../audit/note.ts";
import { isOwnLog } from "../../audit/own-log.ts";
import { sizeOfTimeStamp } from "./audit-files.ts";
import type { CheckedTimeStamp } from "./audit-verify-time-stamps.ts";
import { parsePolicy, policyOfKey, type Policy } from "../../audit/policy.ts";
import { verifyProof } from "../../audit/proof.ts";
import { verifyLog } from "../../audit/verify.ts";

export interface AuditVerification {
  /** Name of the log. */
  readonly origin: string;
  /** Entries that the checkpoint is signed for. */
  readonly size: number;
  /** Root of the tree, base64. */
  readonly root: string;
  /** Whether the form of entries was looked at too, as it is for logs of Parcelkeep; those of others are anything. */
  readonly areEntriesRead: boolean;
  /** Of one entry, where a proof was checked. */
  readonly index?: number;
  /** Of a whole log, where the certificate of an authority was given. */
  readonly timeStamps?: readonly CheckedTimeStamp[];
  /** Time-stamps of a whole log that were left alone, where it was not. */
  readonly uncheckedTimeStamps?: number;
}

export interface VerifyOptions {
  /** A verifier key, name+id+key. */
  readonly key?: string;
  /** A file of C2SP tlog-policy. */
  readonly policy?: string;
  /** The bytes of the entry that a `.tlog-proof` is of. */
  readonly entry?: string;
  /** A file with certificates of time-stamping authorities, or of those who issue theirs, PEM. */
  readonly tsa?: string;
}

export class VerifyError extends Error {
  override readonly name = "VerifyError";
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/**
 * Checks a folder with a whole log, or one proof with its entry, with nothing but the files and the key that the caller trusts.
 * @throws {VerifyError} where something is left out. @throws {NoteError} @throws {LogError} where something does not hold.
 */
export async function verifyAudit(path: string, options: VerifyOptions): Promise<AuditVerification> {
  const policy = await policyOf(options);
  const isFolder = (await stat(path)).isDirectory();
  if (isFolder) return await verifyFolder(path, policy, options);
  if (options.tsa !== undefined)
    throw new VerifyError("time-stamps are of a whole log, not of one proof", "parcelkeep audit verify FOLDER --key VKEY --tsa FILE");
  if (options.entry === undefined)
    throw new VerifyError("a proof is of one entry", "parcelkeep audit verify PROOF --key VKEY --entry FILE");
  const entry = await readFile(options.entry);
  const { checkpoint, index } = verifyProof(await readFile(path, "utf8"), entry, policy);
  if (isOwnLog(checkpoint.origin) && readEntry(entry) === null)
    throw new LogError("bad-entry", options.entry, `entry ${index} is in the log and is not of the form that entries have`);
  return { ...fields(checkpoint), index };
}

async function verifyFolder(folder: string, policy: Policy, { tsa }: VerifyOptions): Promise<AuditVerification> {
  const verified = fields(await verifyLog(folder, policy));
  const stamped = (await filesBelow(folder, "timestamps")).flatMap((path) => sizeOfTimeStamp(`/${path}`) ?? []);
  const sizes = stamped.toSorted((one, other) => one - other);
  if (tsa === undefined) return { ...verified, ...(sizes.length === 0 ? {} : { uncheckedTimeStamps: sizes.length }) };
  // Loaded here, since a log is verified without any library otherwise.
  const { verifyTimeStamps } = await import("./audit-verify-time-stamps.ts");
  return { ...verified, timeStamps: await verifyTimeStamps(folder, sizes, await readFile(tsa, "utf8")) };
}

function fields({ origin, size, root }: Checkpoint): Pick<AuditVerification, "origin" | "size" | "root" | "areEntriesRead"> {
  return { origin, size, root: root.toString("base64"), areEntriesRead: isOwnLog(origin) };
}

async function policyOf({ key, policy }: VerifyOptions): Promise<Policy> {
  if (key !== undefined && policy === undefined) return policyOfKey(parseKey(key));
  if (policy !== undefined && key === undefined) return parsePolicy(await readFile(policy, "utf8"));
  throw new VerifyError(
    "say whose signature you trust: one of --key and --policy",
    "parcelkeep audit verify FOLDER --key NAME+ID+KEY (the log's owner publishes it; take it from elsewhere than the folder)",
  );
}
