import { hash } from "node:crypto";
import { type Derogation, type ExportRecipient, type ReviewOutcome, reviewOutcomes } from "../domain/approval-terms.ts";

/*
 * What is approved, as one canonical text (RFC 8785). Approvers sign its SHA-256 and nothing else; whoever acts on a grant reads this text and nothing beside it, so a request
 * that was changed after its signature is another one, which nobody has signed. It holds tokens and ids; no value of a person's.
 */
interface CommonScope {
  readonly v: 1;
  /** UUID of the request. */
  readonly request: string;
  /** `person:<id>`, `key:<id>` of an API key, or `operator`. */
  readonly requester: string;
  /** UUID of the natural person who counts as having asked: of a key, its owner. Null where nobody is known. */
  readonly person: string | null;
  /** Version of the approval policy, and the rule of it that counts. */
  readonly policy: number;
  readonly rule: string;
  /** RFC 3339; the moment itself is too late. */
  readonly approveBy: string;
  readonly reason: string;
  /** Of the reason's text and the evidence: HMAC-SHA-256 under a key that can be destroyed, hex. */
  readonly evidence: string;
  /** Base64url of 16 random bytes: no two requests have one scope. */
  readonly nonce: string;
}

export interface ScopeRecipient {
  /** Source id of the register. */
  readonly source: string;
  readonly registerVersion: number;
  /** 0: the tenant has agreed nothing of its own. */
  readonly agreementVersion: number;
  /** Where it is handed over. */
  readonly url: string;
}

interface ReleaseScope extends CommonScope {
  readonly tenant: string;
  readonly recipient: ScopeRecipient;
  readonly purpose: string;
  readonly basis: string;
  /** GDPR article 49(1) where nothing else carries it; null. */
  readonly derogation: Derogation | null;
  /** Categories, sorted. */
  readonly fields: readonly string[];
}

/** One shipment's fields, once. */
export interface TransferScope extends ReleaseScope {
  readonly kind: "transfer";
  readonly shipment: string;
  /** For each of `fields`, in their order. */
  readonly tokens: readonly string[];
  /** How long a grant is good for. */
  readonly executeSeconds: number;
  /** The standing lane that it goes under; null. */
  readonly lane: string | null;
  /** One person at once, reviewed afterwards. */
  readonly breakGlass: boolean;
}

/** Any shipment's fields, so many a day. */
export interface LaneScope extends ReleaseScope {
  readonly kind: "lane";
  readonly quotaPerDay: number;
  readonly endsAt: string;
}

/** A change of what decides about releases. */
export interface ChangeScope extends CommonScope {
  readonly kind: "change";
  readonly change: "approval-policy" | "agreement" | "transfer-policy" | "register" | "retention";
  /** Null where it is everybody's. */
  readonly tenant: string | null;
  /** Source id; null where it is of no recipient. */
  readonly recipient: string | null;
  /** Of the new content's canonical text, hex. */
  readonly sha256: string;
}

/** Everything that is kept about one person, once, to be collected by whoever asked. */
export interface ExportScope extends CommonScope {
  readonly kind: "export";
  readonly tenant: string;
  readonly subject: string;
  readonly recipient: ExportRecipient;
  /** How long a grant waits to be collected. */
  readonly executeSeconds: number;
}

export type Scope = TransferScope | LaneScope | ChangeScope | ExportScope;

/** @throws {SyntaxError} @throws {TypeError} for what is no scope of this version. */
export function readScope(text: string): Scope {
  const scope = JSON.parse(text) as Scope;
  if (scope.v !== 1 || !["transfer", "lane", "change", "export"].includes(scope.kind)) throw new TypeError("not a scope of version 1");
  return scope;
}

/** The person who counts as having asked; null where nobody is known. */
export function askingPerson({ requester, person }: Pick<Scope, "requester" | "person">): string | null {
  return requester.startsWith("person:") ? requester.slice("person:".length) : (person ?? null);
}

/** What the log and grants name a scope by. */
export function scopeSha256(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/** A decision counts that was asked for less than this before it was handed in; the database has the same (migration 0043). */
export const signedWithinMs = 5 * 60_000;
/** So far the clock of whoever asked may be ahead. */
export const askedAheadMs = 30_000;

/** What a passkey may decide. `break-glass`: a holder's approval, alone. */
export type SignedDecision = "approve" | "break-glass" | "deny" | "veto" | `review ${ReviewOutcome}`;

export const signedDecisions: readonly SignedDecision[] = [
  ...(["approve", "break-glass", "deny", "veto"] as const),
  ...reviewOutcomes.map((outcome) => `review ${outcome}` as const),
];

/**
 * What a passkey signs, as WebAuthn's challenge: the decision, so that none passes for another, the moment at which it was asked for, and the scope.
 * @param askedAt RFC 3339 in UTC, whole seconds. Undefined of what was signed when no moment was: an approval, by a holder too, was the scope's hash then.
 */
export function decisionSha256(text: string, decision: SignedDecision, askedAt: string | undefined): Buffer {
  const scope = scopeSha256(text);
  if (askedAt === undefined && (decision === "approve" || decision === "break-glass")) return scope;
  const head = askedAt === undefined ? decision : `${decision} ${askedAt}`;
  return hash("sha256", `parcelkeep ${head}\n${scope.toString("hex")}\n`, "buffer");
}
