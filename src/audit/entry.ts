import { hash } from "node:crypto";
import { canonicalJson, type CanonicalValue } from "./canonical-json.ts";

/*
 * What stands in the log: canonical JSON with `v`, `id`, `at` (RFC 3339 UTC), `type`, `tenant` where there is one, and the facts of its type. The list is closed: an entry
 * of another type, or with another fact, does not get in. Facts are ids, codes, counts, times and digests. A text of people has no place here, since nothing
 * can be taken out of a log: what could identify somebody is a commitment, a keyed digest whose key is kept elsewhere and can be destroyed.
 */
export const entryTypes = {
  "log.opened": ["origin", "previousOrigin", "previousSize", "previousRoot", "retentionDays"],
  "log.closed": ["origin", "next"],
  "log.unfit": ["sha256"],
  "tenant.created": ["subject"],
  "api-key.created": ["key", "scopes", "owner"],
  "api-key.revoked": ["key"],
  "endpoint.created": ["endpoint", "source", "authentication"],
  "vault.policy-changed": ["masked", "beacons"],
  "subject.held": ["subject"],
  "subject.released": ["subject"],
  "erasure.requested": ["erasure", "subject", "reason"],
  "erasure.refused": ["erasure", "subject", "reason"],
  "erasure.destroyed": ["erasure", "subject", "reason", "groups", "indexEntries", "rawRecords", "reapplied"],
  "erasure.proven": ["erasure", "proofSha256"],
  "opening.intended": ["grant", "subject", "purpose", "recipient", "scope"],
  "opening.done": ["grant", "opened", "outcome"],
  "opening.failed": ["grant", "outcome"],
  "release.automatic": ["release", "recipient", "purpose", "basis", "fields", "count", "shipment"],
  "egress.refused": ["recipient", "code", "count"],
  "keys.rotation-started": ["rotation", "kind", "epoch"],
  "keys.rotation-finished": ["rotation", "kind", "epoch", "moved"],
  "keys.epoch-retired": ["epoch"],
  "register.changed": ["carrier", "version", "sha256", "approval"],
  "key-set.changed": ["source", "sha256"],
  "letter.triaged": ["letter", "kind", "state", "reason", "by"],
  "policy.changed": ["policy", "version", "sha256", "days", "approval"],
  "operator.invited": ["operator", "roles", "by"],
  "operator.created": ["operator", "roles"],
  "operator.role-granted": ["operator", "role", "by", "approval"],
  "operator.role-revoked": ["operator", "role", "by", "approval"],
  "operator.disabled": ["operator", "by", "approval"],
  "operator.enabled": ["operator", "by", "approval"],
  "operator.login-added": ["operator", "login", "how"],
  "operator.login-confirmed": ["operator", "login"],
  "operator.signed-in": ["operator", "session", "method", "credential"],
  "operator.sign-in-refused": ["operator", "method", "credential", "code"],
  "operator.stepped-up": ["operator", "session", "credential"],
  "operator.signed-out": ["operator", "session"],
  "passkey.enrolled": ["operator", "credential", "algorithm"],
  "passkey.revoked": ["operator", "credential", "by", "approval"],
  "passkey.counter-went-back": ["operator", "credential"],
  "transfer.requested": [
    "transfer",
    "requester",
    "scope",
    "rule",
    "reason",
    "basis",
    "recipient",
    "country",
    "fields",
    "shipment",
    "subject",
    "textCommitment",
  ],
  "transfer.approved": ["transfer", "approver", "scope", "assertion", "approvals", "needed"],
  "transfer.denied": ["transfer", "approver", "reason"],
  "transfer.withdrawn": ["transfer", "requester"],
  "transfer.vetoed": ["transfer", "approver", "reason"],
  "transfer.expired": ["transfer", "clock"],
  "transfer.granted": ["transfer", "grant", "scope", "usesMax", "expiresAt"],
  "transfer.executed": ["transfer", "grant", "outcome", "status", "bytes"],
  "transfer.failed": ["transfer", "grant", "outcome"],
  "lane.opened": ["lane", "grant", "scope", "quotaPerDay", "endsAt"],
  "lane.closed": ["lane", "reason"],
  "break-glass.used": ["transfer", "holder", "reason", "reviewDueAt"],
  "break-glass.reviewed": ["transfer", "reviewer", "outcome"],
  "witness.missing": ["witness", "size", "outcome"],
  "checkpoint.time-stamped": ["size", "authority", "tokenSha256"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type EntryType = keyof typeof entryTypes;

/** What somebody wants to have in the log. */
export interface AuditDraft {
  readonly id: string;
  readonly at: Date;
  readonly type: string;
  readonly tenant: string | null;
  readonly facts: Readonly<Record<string, CanonicalValue>>;
}

export const entryBytesMax = 8 * 1024;

/** Ids, codes, times, base64, lists of them: no at-sign, no quotes, no letters beyond ASCII, so no address or name in passing. */
const FACT = /^[A-Za-z0-9 _.:/+=,-]{0,1024}$/;

/** @returns the entry's bytes; one of type `log.unfit`, with a digest of what was meant, where the draft does not keep to the rules. */
export function entryOf(draft: AuditDraft): { readonly type: EntryType; readonly bytes: Buffer } {
  const fit = fitEntry(draft);
  if (fit !== null) return { type: draft.type as EntryType, bytes: fit };
  const sha256 = hash("sha256", JSON.stringify([draft.type, draft.facts]), "hex");
  return { type: "log.unfit", bytes: bytesOf({ ...draft, type: "log.unfit", facts: { sha256 } }) };
}

function fitEntry(draft: AuditDraft): Buffer | null {
  if (!Object.hasOwn(entryTypes, draft.type)) return null;
  const allowed: readonly string[] = entryTypes[draft.type as EntryType];
  if (!Object.entries(draft.facts).every(([name, value]) => allowed.includes(name) && isFact(value))) return null;
  try {
    const bytes = bytesOf(draft);
    return bytes.length <= entryBytesMax ? bytes : null;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function isFact(value: CanonicalValue): boolean {
  if (typeof value === "string") return FACT.test(value);
  if (Array.isArray(value)) return value.every(isFact);
  return value === null || typeof value !== "object";
}

function bytesOf({ id, at, type, tenant, facts }: AuditDraft): Buffer {
  const head = { v: 1, id, at: at.toISOString(), type, ...(tenant === null ? {} : { tenant }) };
  return Buffer.from(canonicalJson({ ...facts, ...head }));
}

/** What stands in the log, read. */
export interface LogEntry {
  readonly type: string;
  /** All members, those that every entry has too. */
  readonly facts: Readonly<Record<string, CanonicalValue>>;
}

/**
 * @returns null where bytes are not an entry: canonical JSON, which leaves no room for a name that stands twice or a text that is written in two ways, of at most 8 KiB, with the members that every
 * entry has and no texts of people. Types and facts that this version does not know are taken: the log may be of a newer one.
 */
export function readEntry(bytes: Uint8Array): LogEntry | null {
  if (bytes.length > entryBytesMax) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const facts = JSON.parse(text) as Readonly<Record<string, CanonicalValue>>;
    if (canonicalJson(facts) !== text || !Object.values(facts).every(isFact)) return null;
    const { v, id, at, type, tenant = "" } = facts;
    if (v !== 1 || typeof id !== "string" || typeof at !== "string" || typeof type !== "string" || typeof tenant !== "string") return null;
    return ENTRY_TYPE.test(type) && new Date(at).toISOString() === at ? { type, facts } : null;
  } catch {
    // Not UTF-8, not JSON, or nothing that has a canonical form, a day or an end.
    return null;
  }
}

const ENTRY_TYPE = /^[a-z-]+\.[a-z-]+$/;
