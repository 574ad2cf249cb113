import { readFile, stat } from "node:fs/promises";
import { parseKey } from "../audit/note.ts";
import { parsePolicy, policyOfKey, type Policy } from "../audit/policy.ts";
import { verifyProof } from "../audit/proof.ts";
import { verifyLog } from "../audit/verify.ts";

export interface AuditVerification {
  /** Name of the log. */
  readonly origin: string;
  /** Entries that the checkpoint is signed for. */
  readonly size: number;
  /** Root of the tree, base64. */
  readonly root: string;
  /** Of one entry, where a proof was checked. */
  readonly index?: number;
}

export interface VerifyOptions {
  /** A verifier key, name+id+key. */
  readonly key?: string;
  /** A file of C2SP tlog-policy. */
  readonly policy?: string;
  /** The bytes of the entry that a `.tlog-proof` is of. */
  readonly entry?: string;
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
  if (isFolder) {
    const { origin, size, root } = await verifyLog(path, policy);
    return { origin, size, root: root.toString("base64") };
  }
  if (options.entry === undefined)
    throw new VerifyError("a proof is of one entry", "parcelkeep audit verify PROOF --key VKEY --entry FILE");
  const { checkpoint, index } = verifyProof(await readFile(path, "utf8"), await readFile(options.entry), policy);
  return { origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root.toString("base64"), index };
}

async function policyOf({ key, policy }: VerifyOptions): Promise<Policy> {
  if (key !== undefined && policy === undefined) return policyOfKey(parseKey(key));
  if (policy !== undefined && key === undefined) return parsePolicy(await readFile(policy, "utf8"));
  throw new VerifyError(
    "say whose signature you trust: one of --key and --policy",
    "parcelkeep audit verify FOLDER --key NAME+ID+KEY (the log's owner publishes it; take it from elsewhere than the folder)",
  );
}
