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
  "api-key.created": ["key"],
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
  "policy.changed": ["policy", "version", "sha256", "approval"],
  "operator.signed-in": ["operator", "method", "credential"],
  "operator.changed": ["operator", "change", "by", "approval"],
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
  "witness.missing": ["witness", "size"],
  "checkpoint.time-stamped": ["size", "authority", "tokenSha256"],
  "reconcile.differed": ["source", "missing", "unexplained"],
  "evidence.built": ["sha256", "from", "to"],
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
