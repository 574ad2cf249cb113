import type { EgressCall } from "../egress.ts";

/** A call of the form that carriers and merchants are sent, with a text in one place of it; for tests and the bench of the guard. */
export type SeededCall = (text: string) => EgressCall;

const made: EgressCall = {
  tenant: "5b0c3d5e-0000-4000-8000-000000000001",
  recipient: "gls",
  method: "POST",
  url: "https://api.example-carrier.eu/track/v1/shipments",
  headers: { accept: "application/json", "content-type": "application/json" },
  body: null,
  covered: [],
};

const withBody = (contentType: string, body: string): EgressCall => ({
  ...made,
  headers: { ...made.headers, "content-type": contentType },
  body: Buffer.from(body),
});
const json = (value: unknown): EgressCall => withBody("application/json", JSON.stringify(value));
const xml = (inner: string): EgressCall => withBody("text/xml; charset=utf-8", `<?xml version="1.0"?><track>${inner}</track>`);
const xmlEscaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const multipart = (head: string, body: string): EgressCall =>
  withBody(
    "multipart/form-data; boundary=cut",
    `--cut\r\ncontent-disposition: form-data; ${head}\r\ncontent-type: text/plain\r\n\r\n${body}\r\n--cut--\r\n`,
  );
const unicodeEscaped = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
const percentOfAll = (text: string): string => Buffer.from(text).toString("hex").replaceAll(/../g, "%$&");
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Every place and wrapping that the guard looks into. */
export const seededCalls: Readonly<Record<string, SeededCall>> = {
  "the path": (text) => ({ ...made, url: `${made.url}/${encodeURIComponent(text)}` }),
  "the path, wholly percent-encoded": (text) => ({ ...made, url: `${made.url}/${percentOfAll(text)}` }),
  "the path, percent-encoded twice": (text) => ({ ...made, url: `${made.url}/${encodeURIComponent(percentOfAll(text))}` }),
  "a query's value": (text) => ({ ...made, url: `${made.url}?q=${encodeURIComponent(text)}` }),
  "a query's name": (text) => ({ ...made, url: `${made.url}?${encodeURIComponent(text)}=q` }),
  "a query's value, as base64url": (text) => ({ ...made, url: `${made.url}?q=${Buffer.from(text).toString("base64url")}` }),
  "the fragment": (text) => ({ ...made, url: `${made.url}#${encodeURIComponent(text)}` }),
  "the user of the address": (text) => ({ ...made, url: made.url.replace("//", `//${encodeURIComponent(text)}@`) }),
  "a header": (text) => ({ ...made, headers: { ...made.headers, "x-request": text } }),
  "a header's name": (text) => ({ ...made, headers: { ...made.headers, [text]: "q" } }),
  "Basic authorization": (text) => ({ ...made, headers: { ...made.headers, authorization: `Basic ${base64(`q:${text}`)}` } }),
  JSON: (text) => json({ q: text }),
  "JSON, deep": (text) => json({ q: [[{ q: { q: [text] } }]] }),
  "a key of JSON": (text) => json({ [text]: "q" }),
  "the first of two equal keys of JSON": (text) => withBody("application/json", `{"q":${JSON.stringify(text)},"q":"q"}`),
  "JSON, as unicode escapes": (text) => withBody("application/json", `{"q":"${unicodeEscaped(text)}"}`),
  "JSON in JSON": (text) => json({ q: JSON.stringify({ q: text }) }),
  "JSON, as base64": (text) => json({ q: base64(text) }),
  "JSON, as base64 twice": (text) => json({ q: base64(base64(text)) }),
  "JSON, as base64 of JSON": (text) => json({ q: base64(JSON.stringify({ q: text })) }),
  "JSON, percent-encoded": (text) => json({ q: percentOfAll(text) }),
  "JSON, as base64 of percent-encoded": (text) => json({ q: base64(percentOfAll(text)) }),
  "JSON, as hexadecimal digits": (text) => json({ q: Buffer.from(text).toString("hex") }),
  "JSON, as entities": (text) => json({ q: Array.from(text, (character) => `&#${character.codePointAt(0)};`).join("") }),
  "JSON, between other words": (text) => json({ q: `for ${text} (urgent)` }),
  "JSON, in capitals": (text) => json({ q: text.toUpperCase() }),
  "text of XML": (text) => xml(`<q>${xmlEscaped(text)}</q>`),
  "an attribute of XML": (text) => xml(`<q q="${xmlEscaped(text)}"/>`),
  CDATA: (text) => xml(`<q><![CDATA[${text}]]></q>`),
  "a comment of XML": (text) => xml(`<!-- ${text.replaceAll("--", "")} -->`),
  "XML in a query": (text) => ({ ...made, url: `${made.url}?xml=${encodeURIComponent(`<q q="${xmlEscaped(text)}"/>`)}` }),
  "XML, as character references": (text) =>
    xml(`<q>${Array.from(text, (character) => `&#x${character.codePointAt(0)!.toString(16)};`).join("")}</q>`),
  "a field of a form": (text) => withBody("application/x-www-form-urlencoded", `q=${encodeURIComponent(text).replaceAll("%20", "+")}`),
  "the name of a form's field": (text) => withBody("application/x-www-form-urlencoded", `${encodeURIComponent(text)}=q`),
  "a part of multipart": (text) => multipart('name="q"', text),
  "the name of a part": (text) => multipart(`name="${text.replaceAll('"', "'")}"`, "q"),
  "the file name of a part": (text) => multipart(`name="q"; filename="${text.replaceAll('"', "'")}"`, "q"),
  "the file name of a part, extended": (text) => multipart(`name="q"; filename*=UTF-8''${percentOfAll(text)}`, "q"),
  "plain text": (text) => withBody("text/plain", text),
  "a body of no type": (text) => ({ ...made, headers: { accept: "application/json" }, body: Buffer.from(text) }),
};
