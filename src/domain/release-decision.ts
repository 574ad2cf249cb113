import { regionOf } from "./adequacy.ts";
import type { Category } from "./category.ts";
import type { LawfulBasis, RegisterEntry } from "./register-entry.ts";

/** What personal data is wanted for by a recipient. */
export const releasePurposes = ["tracking", "delivery", "return", "customs", "claim"] as const;
export type ReleasePurpose = (typeof releasePurposes)[number];

export interface ReleaseQuestion {
  /** With the tenant's own contract, lawful basis and fields where it has some. */
  readonly recipient: RegisterEntry;
  readonly fields: readonly Category[];
  readonly purpose: ReleasePurpose;
  readonly lawfulBasis: LawfulBasis;
  /** Source id of whoever issued the tracking number, where that is known. */
  readonly issuer: string | null;
  readonly policy: TransferPolicy;
  /** Today, YYYY-MM-DD. */
  readonly day: string;
}

/** What a tenant has forbidden beyond the law. */
export interface TransferPolicy {
  /** Recipients whose ultimate owner sits outside the EEA get nothing. */
  readonly refusesOwnersOutsideEea: boolean;
  /** Source ids that get nothing. */
  readonly refusedRecipients: ReadonlySet<string>;
}

/** Of a tenant that has set none. */
export const nothingForbidden: TransferPolicy = { refusesOwnersOutsideEea: false, refusedRecipients: new Set() };

/**
 * - `token`: nothing personal goes; the recipient gets pseudonyms.
 * - `automatic`: goes, and is recorded.
 * - `grant`: goes under a grant that people have approved. `isDerogation`: GDPR article 49 alone would carry it, which is counted for each recipient.
 * - `refused`: does not go, and no grant changes that; the register or the tenant's policy would have to.
 */
export type ReleaseDecision =
  | { readonly outcome: "token"; readonly reason: "nothing-personal" | "not-needed-for-purpose" }
  | { readonly outcome: "automatic"; readonly reason: "issuing-carrier" | "eea-under-contract" | "adequate-under-contract" }
  | {
      readonly outcome: "grant";
      readonly reason: "no-contract" | "basis-not-agreed" | "third-country" | "derogation-only";
      readonly isDerogation: boolean;
    }
  | {
      readonly outcome: "refused";
      readonly reason: "recipient-forbidden" | "owner-outside-eea" | "field-not-allowed" | "no-transfer-tool";
    };

const address: readonly Category[] = ["name", "organisation", "street", "city", "region", "postalCode"];
const contact: readonly Category[] = ["phone", "email"];

/** Data minimisation, GDPR article 5(1)(c): what each purpose needs at most. */
const needed: Readonly<Record<ReleasePurpose, ReadonlySet<Category>>> = {
  tracking: new Set(["trackingNumber"]),
  delivery: new Set([...address, ...contact, "trackingNumber", "orderReference"]),
  return: new Set([...address, ...contact, "trackingNumber", "orderReference"]),
  customs: new Set([...address, ...contact, "trackingNumber", "orderReference", "document"]),
  claim: new Set([...address, "trackingNumber", "orderReference", "document"]),
};

/**
 * Whether personal fields may go to a recipient (DESIGN section 8). The first rule that applies decides:
 *
 * 1. No fields: `token`.
 * 2. The tenant forbids the recipient, or owners outside the EEA: `refused`.
 * 3. A field that the purpose does not need: `token`. The answer is about the whole question; ask for less.
 * 4. The tracking number alone, for tracking, to the carrier that issued it: `automatic` wherever the carrier is; it made the number.
 * 5. A field that is not on the recipient's list: `refused`.
 * 6. A lawful basis other than the one agreed with the recipient: `grant`.
 * 7. By where the recipient is: in the EEA, or in a country with an adequacy decision that covers it: `automatic` under a contract, else `grant`. In a third
 *    country: `grant` with standard clauses, binding rules or an article 49 derogation, `refused` where the register names no tool that could carry it.
 */
export function decideRelease(question: ReleaseQuestion): ReleaseDecision {
  const { recipient, fields, purpose, policy, day } = question;
  if (fields.length === 0) return { outcome: "token", reason: "nothing-personal" };
  if (policy.refusedRecipients.has(recipient.source)) return { outcome: "refused", reason: "recipient-forbidden" };
  if (policy.refusesOwnersOutsideEea && regionOf(recipient.ultimateOwner.country, day) !== "eea")
    return { outcome: "refused", reason: "owner-outside-eea" };
  if (!fields.every((field) => needed[purpose].has(field))) return { outcome: "token", reason: "not-needed-for-purpose" };
  if (isOwnNumber(question)) return { outcome: "automatic", reason: "issuing-carrier" };
  if (!fields.every((field) => recipient.fieldsAllowed.includes(field))) return { outcome: "refused", reason: "field-not-allowed" };
  if (question.lawfulBasis !== recipient.lawfulBasis) return grant("basis-not-agreed");
  return decideByPlace(recipient, day);
}

function decideByPlace(recipient: RegisterEntry, day: string): ReleaseDecision {
  const region = regionOf(recipient.country, day);
  const isAdequate = region === "adequate" || (region === "partly-adequate" && recipient.transferTool === "adequacy");
  if (region === "eea" || isAdequate) {
    if (recipient.contract === null) return grant("no-contract");
    return { outcome: "automatic", reason: region === "eea" ? "eea-under-contract" : "adequate-under-contract" };
  }
  switch (recipient.transferTool) {
    case "standard-contractual-clauses":
    case "binding-corporate-rules":
      return recipient.contract === null ? grant("no-contract") : grant("third-country");
    case "derogation-only":
      return { outcome: "grant", reason: "derogation-only", isDerogation: true };
    // Neither carries a transfer to where this recipient is.
    case "none-needed":
    case "adequacy":
      return { outcome: "refused", reason: "no-transfer-tool" };
  }
}

function isOwnNumber({ recipient, fields, purpose, issuer }: ReleaseQuestion): boolean {
  return (
    purpose === "tracking" &&
    recipient.role === "carrier" &&
    recipient.source === issuer &&
    fields.every((field) => field === "trackingNumber")
  );
}

function grant(reason: "no-contract" | "basis-not-agreed" | "third-country"): ReleaseDecision {
  return { outcome: "grant", reason, isDerogation: false };
}
