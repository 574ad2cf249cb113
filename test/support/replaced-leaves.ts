import { parseXml, type XmlElement } from "../../src/carriers/xml.ts";

/** The value with `change` made to each of its parts, the inner ones first. */
export function mapJson(value: unknown, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return change(value.map((item) => mapJson(item, change)));
  if (typeof value !== "object" || value === null) return change(value);
  return change(Object.fromEntries(Object.entries(value).map(([name, child]) => [name, mapJson(child, change)])));
}

/** The payload, JSON or XML, once for each of its values, with `text` in that one's place. */
export function leavesReplaced(payload: Uint8Array, text: string): readonly Uint8Array[] {
  const source = Buffer.from(payload).toString("utf8");
  let json: unknown;
  try {
    json = JSON.parse(source);
  } catch {
    return xmlReplaced(source, text);
  }
  let leaves = 0;
  mapJson(json, (value) => (isLeaf(value) ? (leaves++, value) : value));
  return Array.from({ length: leaves }, (_, wanted) => {
    let at = 0;
    return Buffer.from(JSON.stringify(mapJson(json, (value) => (isLeaf(value) && at++ === wanted ? text : value))));
  });
}

function isLeaf(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/** What stands between tags or in quotation marks, but for namespaces and the declaration. */
const XML_VALUE = /(?<=>)[^<>]*[^<>\s][^<>]*(?=<)|(?<=\s(?!xmlns|version|encoding|standalone)[\w:.-]+=")[^"<>]+(?=")/g;

function xmlReplaced(xml: string, text: string): readonly Uint8Array[] {
  return [...xml.matchAll(XML_VALUE)].map(({ 0: value, index }) =>
    Buffer.from(xml.slice(0, index) + escaped(text) + xml.slice(index + value.length)),
  );
}

/** The document with `change` made to the children of each of its elements; null for what is no XML. */
export function mapXml(payload: Uint8Array, change: (children: readonly XmlElement[]) => readonly XmlElement[]): Uint8Array | null {
  const parsed = parseXml(payload);
  return parsed.ok ? Buffer.from(written(parsed.value, change)) : null;
}

function written(element: XmlElement, change: (children: readonly XmlElement[]) => readonly XmlElement[]): string {
  const attributes = [...element.attributes].map(([name, value]) => ` ${name}="${escaped(value)}"`).join("");
  const inside = change(element.children).map((child) => written(child, change));
  return `<${element.name}${attributes}>${escaped(element.text)}${inside.join("")}</${element.name}>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
