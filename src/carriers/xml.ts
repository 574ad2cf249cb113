import sax from "sax";
import type { DecodeFailure } from "./codec.ts";
import { depthMax, text as textValue } from "./json.ts";

/** Most elements and attributes together that a payload may have. */
export const xmlNodesMax = 50_000;

/** An element by its local name; namespaces are passed over, since carriers change their prefixes and versions freely. */
export interface XmlElement {
  readonly name: string;
  /** By local name; namespace declarations are left out. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Text and CDATA directly inside, joined, as it stands. */
  readonly text: string;
}

interface Draft extends XmlElement {
  readonly attributes: Map<string, string>;
  readonly children: Draft[];
  text: string;
}

class Refusal extends Error {
  readonly reason: DecodeFailure;

  constructor(reason: DecodeFailure) {
    super(reason);
    this.reason = reason;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
/** What older systems declare; Latin-1 is Windows-1252 in practice (WHATWG Encoding, section 4.2). */
const olderEncodings: ReadonlyMap<string, string> = new Map([
  ["iso-8859-1", "windows-1252"],
  ["windows-1252", "windows-1252"],
  ["us-ascii", "windows-1252"],
  ["iso-8859-15", "iso-8859-15"],
]);
const declaredEncoding = /^<\?xml\s[^>]*?encoding\s*=\s*["']([\w.-]+)["']/;
const declarationBytesMax = 128;

/** The entities that XML itself defines. Without a prototype: sax looks names up as properties, and `&constructor;` would be one. */
const entities: Readonly<Record<string, string>> = Object.freeze(
  Object.assign(Object.create(null), { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }),
);

/**
 * Parses untrusted bytes as XML: strict UTF-8 unless their mark or declaration says otherwise, well-formed, no document type (so no entities but XML's own and numeric ones), at
 * most {@link depthMax} deep and {@link xmlNodesMax} nodes. Nothing outside the bytes is ever read. Never throws.
 */
export function parseXml(
  body: Uint8Array,
): { readonly ok: true; readonly value: XmlElement } | { readonly ok: false; readonly reason: DecodeFailure } {
  try {
    return { ok: true, value: parsed(textOf(body)) };
  } catch (error) {
    return { ok: false, reason: error instanceof Refusal ? error.reason : "malformed" };
  }
}

/**
 * UTF-16 shows by its mark or by the zero beside the first bracket (XML 1.0, appendix F). Bytes that are UTF-8 are read so, whatever is declared: systems
 * that change the encoding often leave the declaration as it was.
 * @throws {TypeError} for bytes that are not of the encoding.
 */
function textOf(body: Uint8Array): string {
  const [first, second] = body;
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return textIn("utf-16le", body);
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return textIn("utf-16be", body);
  try {
    return utf8.decode(body);
  } catch (error) {
    const declaration = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, declarationBytesMax)).toString("latin1");
    const encoding = olderEncodings.get(declaredEncoding.exec(declaration)?.[1]?.toLowerCase() ?? "");
    if (encoding === undefined) throw error;
    return textIn(encoding, body);
  }
}

function textIn(encoding: string, body: Uint8Array): string {
  return new TextDecoder(encoding, { fatal: true }).decode(body);
}

function parsed(xml: string): XmlElement {
  const parser = sax.parser(true, { position: false });
  parser.ENTITIES = entities;
  const open: Draft[] = [];
  let root: Draft | null = null;
  let nodes = 0;
  const refuse = (): never => {
    throw new Refusal("malformed");
  };
  const addText = (part: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += part;
  };
  parser.onerror = refuse;
  parser.ondoctype = refuse;
  parser.onsgmldeclaration = refuse;
  parser.onattribute = () => {
    if (++nodes > xmlNodesMax) throw new Refusal("too-many");
  };
  parser.onopentag = (tag) => {
    if (++nodes > xmlNodesMax) throw new Refusal("too-many");
    if (open.length === depthMax) throw new Refusal("too-deep");
    const element: Draft = { name: localName(tag.name), attributes: localAttributes(tag.attributes), children: [], text: "" };
    const parent = open.at(-1);
    if (parent !== undefined) parent.children.push(element);
    else if (root === null) root = element;
    else refuse();
    open.push(element);
  };
  parser.onclosetag = () => {
    open.pop();
  };
  parser.ontext = addText;
  parser.oncdata = addText;
  parser.write(xml).close();
  return root ?? refuse();
}

function localAttributes(attributes: Readonly<Record<string, unknown>>): Map<string, string> {
  const local = new Map<string, string>();
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "xmlns" || name.startsWith("xmlns:") || typeof value !== "string") continue;
    if (!local.has(localName(name))) local.set(localName(name), value);
  }
  return local;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** The first child element of this name; null when there is none or no element to look in. */
export function child(element: XmlElement | null, name: string): XmlElement | null {
  return element?.children.find((each) => each.name === name) ?? null;
}

/** All child elements of this name, in order. */
export function children(element: XmlElement | null, name: string): readonly XmlElement[] {
  return element?.children.filter((each) => each.name === name) ?? [];
}

/** The trimmed text of the first child of this name, or of the element itself without one; null when absent, blank or beyond 4,096 characters. */
export function text(element: XmlElement | null, name?: string): string | null {
  return textValue((name === undefined ? element : child(element, name))?.text);
}

/** The trimmed value of an attribute; null when absent or blank. */
export function attribute(element: XmlElement | null, name: string): string | null {
  return textValue(element?.attributes.get(name));
}
