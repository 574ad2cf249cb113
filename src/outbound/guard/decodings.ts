import type { Encoding } from "./leaf.ts";

export interface Decoded {
  readonly text: string;
  readonly via: Encoding;
}

/** Most texts that are taken out of one. */
const decodedMax = 24;

/** A text with its percent-encoded bytes decoded (RFC 3986, section 2.1), as far as they are UTF-8; what is not stays as it is. */
export function percentDecoded(text: string): string {
  if (!text.includes("%")) return text;
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (bytes) => utf8(Buffer.from(bytes.replaceAll("%", ""), "hex")) ?? bytes);
}

/** What may be hidden in a text by one layer of an encoding: whole, and in runs of its characters. Texts that are no readable UTF-8 are left out. */
export function decodingsOf(text: string): readonly Decoded[] {
  const found: Decoded[] = [];
  const add = (via: Encoding, decoded: string | null): void => {
    if (decoded !== null && decoded !== text && decoded !== "" && found.length < decodedMax) found.push({ text: decoded, via });
  };
  if (text.includes("%")) add("percent", percentDecoded(text));
  if (text.includes("\\")) add("unicode-escape", unescaped(text));
  if (text.includes("&")) add("entity", entitiesDecoded(text));
  for (const [run] of text.matchAll(/(?:[0-9a-f]{2}){4,}/gi)) if (run.length <= 8192) add("hex", readable(Buffer.from(run, "hex")));
  // Base64 that was cut into lines or groups.
  const joined = text.replaceAll(/[\r\n\t ]+/g, "");
  for (const source of new Set([text, joined]))
    for (const [run] of source.matchAll(/[A-Za-z0-9+/_-]{6,}={0,2}/g)) add("base64", base64Decoded(run));
  return found;
}

/** Standard or URL alphabet, with padding or without (RFC 4648, sections 4 and 5). @returns null where it gives no readable text. */
export function base64Decoded(text: string): string | null {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text) || text.replace(/=+$/, "").length % 4 === 1) return null;
  return readable(Buffer.from(text, "base64"));
}

function readable(bytes: Buffer): string | null {
  const text = bytes.length < 4 ? null : utf8(bytes);
  return text === null || /[\p{Cc}\p{Cn}\p{Co}]/u.test(text.replaceAll(/[\r\n\t]/g, "")) ? null : text;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @returns null for bytes that are not UTF-8. */
export function utf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function unescaped(text: string): string {
  return text
    .replaceAll(/\\u\{([0-9a-f]{1,6})\}/gi, (whole, hex: string) => character(whole, Number.parseInt(hex, 16)))
    .replaceAll(/\\u([0-9a-f]{4})/gi, (whole, hex: string) => character(whole, Number.parseInt(hex, 16)))
    .replaceAll(/\\x([0-9a-f]{2})/gi, (whole, hex: string) => character(whole, Number.parseInt(hex, 16)));
}

const namedEntities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  commat: "@",
  nbsp: " ",
  period: ".",
};

function entitiesDecoded(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,8}));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return namedEntities[name.toLowerCase()] ?? whole;
    return character(whole, hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

function character(whole: string, code: number): string {
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
}
