/* What a passkey signs, computed where it is shown: the same bytes as the server's (src/approvals/scope.ts, src/audit/canonical-json.ts). Runs in the browser. */
import { textOf } from "/operators/passkeys.js";

const sha256 = (text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
const hexOf = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * @returns the challenge of a decision about a scope, base64url.
 * @param decision `approve`, `break-glass`, `deny`, `veto`, or `review` with its outcome. @param askedAt the moment that it is signed for.
 */
export async function challengeOf(scope, decision, askedAt) {
  return textOf(await sha256(`parcelkeep ${decision} ${askedAt}\n${hexOf(await sha256(scope))}\n`));
}

/** The digest that a scope has of a change's content: of its one text (RFC 8785), hex. */
export async function contentSha256(content) {
  return hexOf(await sha256(canonicalJson(content)));
}

/** The commitment that a scope has, as `evidence`, to the words that were given for it: HMAC-SHA-256 under a key of the request's own, hex. @param key 64 hex digits. */
export async function wordsCommitment(words, key) {
  const bytes = Uint8Array.from(key.match(/../g), (digits) => parseInt(digits, 16));
  const secret = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return hexOf(await crypto.subtle.sign("HMAC", secret, new TextEncoder().encode(canonicalJson(words))));
}

function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`).join(",")}}`;
}
