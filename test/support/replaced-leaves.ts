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
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  return [...xml.matchAll(XML_VALUE)].map(({ 0: value, index }) =>
    Buffer.from(xml.slice(0, index) + escaped + xml.slice(index + value.length)),
  );
}
