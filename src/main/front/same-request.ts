import { hash } from "node:crypto";
import type { Scope } from "../../approvals/scope.ts";
import { canonicalJson, type CanonicalValue } from "../../audit/canonical-json.ts";

/** Made up for each request. */
const madeUp: ReadonlySet<string> = new Set(["request", "nonce", "evidence", "approveBy", "policy"] satisfies (keyof Scope)[]);

/** What a caller says twice is the same but for what is made up each time. */
export function isSameRequest(one: Scope, other: Scope): boolean {
  const said = (scope: Scope): string =>
    canonicalJson(Object.fromEntries(Object.entries(scope).filter(([name]) => !madeUp.has(name))) as CanonicalValue);
  return said(one) === said(other);
}

/** A UUID made of a text, the same for the same. */
export function uuidOf(text: string): string {
  const hex = hash("sha256", text, "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
