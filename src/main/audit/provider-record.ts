import { gunzipSync } from "node:zlib";
import type { ProviderUnwrap } from "../../audit/reconcile.ts";
import { keyPurposes } from "../../vault/keys/provider.ts";

/** A file of a provider's record, as it was read. */
export interface ProviderRecord {
  readonly format: "cloudtrail" | "cloudhsm";
  readonly unwraps: readonly ProviderUnwrap[];
  /** Unwraps that the provider refused. */
  readonly denied: number;
  /** Milliseconds of the first and last event of any kind; null where there is none. */
  readonly span: { readonly fromMs: number; readonly toMs: number } | null;
}

export class RecordError extends Error {
  override readonly name = "RecordError";
  readonly code = "not-a-record";
}

const bytesMax = 512 * 1024 * 1024;

/**
 * Reads a file of CloudTrail (`{"Records":[…]}`, or one event a line; gzip or not), or of AWS CloudHSM's audit log (blocks of `Name : value` lines).
 * Sources: docs.aws.amazon.com, "CloudTrail record contents", "Decrypt" (KMS); "Interpreting HSM audit logs" (CloudHSM); 2026-11-26.
 * @throws {RecordError}
 */
export function readRecord(file: Buffer): ProviderRecord {
  const text = (isGzip(file) ? unzipped(file) : file).toString("utf8");
  const record = text.trimStart().startsWith("{") ? cloudTrail(text) : cloudHsm(text);
  if (record === null) throw new RecordError("not a CloudTrail file nor an audit log of CloudHSM");
  return record;
}

function isGzip(file: Buffer): boolean {
  return file[0] === 0x1f && file[1] === 0x8b;
}

function unzipped(file: Buffer): Buffer {
  try {
    return gunzipSync(file, { maxOutputLength: bytesMax });
  } catch (cause) {
    throw new RecordError("the file does not decompress", { cause });
  }
}

interface TrailEvent {
  readonly atMs: number;
  readonly name: string;
  readonly keys: readonly string[];
  readonly context: Readonly<Record<string, string>>;
  readonly isDenied: boolean;
  /** Of an assumed role: the last part of its ARN. */
  readonly session: string | null;
}

function cloudTrail(text: string): ProviderRecord | null {
  const records = jsonRecords(text);
  if (records === null) return null;
  const events = records.filter((record) => record["eventSource"] === "kms.amazonaws.com").map(trailEvent);
  // Other programs of the account have keys too: ours are those that are used in our contexts.
  const ours = new Set(events.filter(({ context }) => isOurPurpose(context["purpose"])).flatMap(({ keys }) => keys));
  const decrypts = events.filter(({ name, keys }) => name === "Decrypt" && keys.some((key) => ours.has(key)));
  return {
    format: "cloudtrail",
    unwraps: decrypts.filter(({ isDenied }) => !isDenied).map(trailUnwrap),
    denied: decrypts.filter(({ isDenied }) => isDenied).length,
    span: spanOf(events),
  };
}

function trailUnwrap({ atMs, context, session }: TrailEvent): ProviderUnwrap {
  const { tenant = null, purpose = null, grant } = context;
  return { atMs, tenant, purpose, grant: grant ?? (session !== null && uuid.test(session) ? session : null) };
}

function trailEvent(record: Readonly<Record<string, unknown>>): TrailEvent {
  const parameters = objectOf(record["requestParameters"]);
  const resources = Array.isArray(record["resources"]) ? record["resources"].map(objectOf) : [];
  const keys = [parameters["keyId"], ...resources.map((resource) => resource["ARN"])].filter((key) => typeof key === "string");
  const context = Object.entries(objectOf(parameters["encryptionContext"])).filter(
    (pair): pair is [string, string] => typeof pair[1] === "string",
  );
  const identity = objectOf(record["userIdentity"]);
  return {
    atMs: Date.parse(String(record["eventTime"])),
    name: String(record["eventName"]),
    keys,
    context: Object.fromEntries(context),
    isDenied: record["errorCode"] !== undefined,
    session: identity["type"] === "AssumedRole" ? (String(identity["arn"]).split("/").at(-1) ?? null) : null,
  };
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isOurPurpose(purpose: string | undefined): boolean {
  return purpose === "derivation-root" || (keyPurposes as readonly (string | undefined)[]).includes(purpose);
}

/** @returns null where it is no JSON of that form. */
function jsonRecords(text: string): readonly Readonly<Record<string, unknown>>[] | null {
  try {
    const whole = objectOf(JSON.parse(text));
    return (Array.isArray(whole["Records"]) ? whole["Records"] : [whole]).map(objectOf);
  } catch {
    try {
      const lines = text.split("\n").filter((line) => line.trim() !== "");
      return lines.map((line) => objectOf(JSON.parse(line)));
    } catch {
      return null;
    }
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Its log has no purposes and no tenants: an unwrap is one of ours by when it was. */
function cloudHsm(text: string): ProviderRecord | null {
  const events = text.split(/(?=^\s*Time\s*:)/m).flatMap((block) => {
    const fields = new Map(
      Array.from(block.matchAll(/^\s*([A-Za-z][^:\n]*?)\s*:\s*(.*?)\s*$/gm), ([, name, value]) => [name!.toLowerCase(), value!]),
    );
    const micros = /usecs:\s*(\d{15,17})/.exec(fields.get("time") ?? "")?.[1];
    const code = /^(CN_\w+)/.exec(fields.get("opcode") ?? "")?.[1];
    return micros === undefined || code === undefined
      ? []
      : [{ atMs: Math.floor(Number(micros) / 1000), code, isDenied: !/SUCCESS/.test(fields.get("response") ?? "") }];
  });
  if (events.length === 0) return null;
  const unwraps = events.filter(({ code }) => code === "CN_UNWRAP_KEY");
  return {
    format: "cloudhsm",
    unwraps: unwraps.filter(({ isDenied }) => !isDenied).map(({ atMs }) => ({ atMs, tenant: null, purpose: null, grant: null })),
    denied: unwraps.filter(({ isDenied }) => isDenied).length,
    span: spanOf(events),
  };
}

function spanOf(events: readonly { readonly atMs: number }[]): ProviderRecord["span"] {
  const times = events.map(({ atMs }) => atMs).filter((atMs) => Number.isFinite(atMs));
  if (times.length === 0) return null;
  return { fromMs: times.reduce((one, other) => Math.min(one, other)), toMs: times.reduce((one, other) => Math.max(one, other)) };
}
