import type { EgressCall } from "../egress.ts";
import { percentDecoded, utf8 } from "./decodings.ts";
import { formLeaves } from "./form-leaves.ts";
import { jsonLeaves } from "./json-leaves.ts";
import type { Leaf, Place } from "./leaf.ts";
import { multipartParts } from "./multipart-leaves.ts";
import { xmlLeaves } from "./xml-leaves.ts";

export interface CallParts {
  readonly leaves: readonly Leaf[];
  /** What cannot be looked into. */
  readonly unreadable: readonly Place[];
}

/** Every string of a call's URL, headers and body. The host is not among them: it is the recipient's or the call is not made. */
export function callParts({ url, headers, body }: EgressCall): CallParts {
  const leaves: Leaf[] = [];
  const unreadable: Place[] = [];
  addUrl(leaves, url);
  for (const [name, value] of Object.entries(headers)) {
    leaves.push({ place: "header-name", text: name.toLowerCase() });
    if (value.trim() !== "") leaves.push({ place: "header-value", text: value.trim() });
  }
  const type = headerOf(headers, "content-type") ?? "";
  if (headerOf(headers, "content-encoding") !== undefined) unreadable.push("body");
  else if (body !== null && body.length > 0) addBody({ leaves, unreadable }, body, type);
  return { leaves, unreadable };
}

function addUrl(leaves: Leaf[], address: string): void {
  const { username, password, pathname, search, hash } = new URL(address);
  for (const text of [username, password]) if (text !== "") leaves.push({ place: "url-userinfo", text: percentDecoded(text) });
  for (const segment of pathname.split("/")) if (segment !== "") leaves.push({ place: "url-path", text: percentDecoded(segment) });
  if (search.length > 1) leaves.push(...formLeaves(search.slice(1), "url-query"));
  if (hash.length > 1) leaves.push({ place: "url-fragment", text: percentDecoded(hash.slice(1)) });
}

function addBody(parts: { readonly leaves: Leaf[]; readonly unreadable: Place[] }, body: Uint8Array, contentType: string): void {
  const type = contentType.split(";")[0]!.trim().toLowerCase();
  if (type.startsWith("multipart/")) return addMultipart(parts, body, contentType);
  const text = utf8(body);
  const leaves = text === null ? null : textLeaves(text, type);
  if (leaves === null) parts.unreadable.push("body");
  else parts.leaves.push(...leaves);
}

function addMultipart(parts: { readonly leaves: Leaf[]; readonly unreadable: Place[] }, body: Uint8Array, contentType: string): void {
  const inner = multipartParts(body, contentType);
  if (inner === null) return void parts.unreadable.push("body");
  for (const part of inner) {
    parts.leaves.push(...part.leaves);
    if (/^multipart\//i.test(part.contentType)) parts.unreadable.push("body");
    else if (part.body.length > 0) addBody(parts, part.body, part.contentType);
  }
}

function textLeaves(text: string, type: string): readonly Leaf[] | null {
  if (type === "application/json" || type.endsWith("+json")) return jsonLeaves(text);
  if (type === "application/xml" || type === "text/xml" || type.endsWith("+xml")) return xmlLeaves(text);
  if (type === "application/x-www-form-urlencoded") return formLeaves(text, "form");
  return [{ place: "text", text }];
}

function headerOf(headers: EgressCall["headers"], name: string): string | undefined {
  return Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
}
