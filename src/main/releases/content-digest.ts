import { hash } from "node:crypto";
import { canonicalJson, type CanonicalValue } from "../../audit/canonical-json.ts";

/** The digest that a scope has of a change's content, hex. @throws {TypeError} for what has no canonical form. */
export function contentSha256(content: unknown): string {
  return hash("sha256", canonicalJson(content as CanonicalValue), "hex");
}
