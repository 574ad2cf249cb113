import { parse } from "node:path";

export interface Label {
  readonly path: string;
  readonly pii: "direct" | "quasi" | "contextual";
}

export interface PersonalValue {
  readonly path: string;
  readonly value: string;
}

/** Shorter values stand everywhere by chance (house number 1, state NY) and prove nothing. */
const charsMin = 4;

/**
 * The labelled values of a sample that must not be seen in clear.
 * A quasi-identifier that also stands at an unlabelled leaf of the same payload (a depot's city) does not count.
 */
export function personalValues(body: Buffer, file: string, labels: readonly Label[]): readonly PersonalValue[] {
  const labelled = new Set(labels.map((label) => label.path));
  const values =
    parse(file).ext === ".json" ? jsonLeaves(JSON.parse(body.toString("utf8")), "$") : xmlLeaves(body.toString("utf8"), labels);
  const open = new Set([...values].filter(([path]) => !labelled.has(path)).map(([, value]) => value.toLowerCase()));
  return labels.flatMap(({ path, pii }) => {
    const value = values.get(path);
    if (pii === "contextual" || value === undefined || value.length < charsMin || commonWords.has(value.toLowerCase())) return [];
    return pii === "quasi" && open.has(value.toLowerCase()) ? [] : [{ path, value }];
  });
}

/** Placeholders of documentation samples that are also words of every schema, and "1000" of a postcode. */
const commonWords = new Set(["string", "test", "null", "true", "1000"]);

/**
 * In files of random bytes a shorter value stands by chance: four letters in either case in one of sixteen logs of 16 MiB, six in one of a million. What the database
 * holds is looked through as text as well, for values of any length.
 */
const binaryCharsMin = 6;

/** Where a value stands in clear, also case-folded, URL-, base64- and unicode-escaped. */
export function leaks({ value }: PersonalValue, places: ReadonlyMap<string, string>): readonly string[] {
  const forms = [
    value,
    encodeURIComponent(value),
    value.replaceAll(" ", "+"),
    JSON.stringify(value).slice(1, -1),
    value.replace(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`),
    Buffer.from(value).toString("latin1"),
  ];
  const folded = new Set(forms.map((form) => form.toLowerCase()));
  const base64 = [0, 1, 2]
    .map((shift) =>
      Buffer.concat([Buffer.alloc(shift), Buffer.from(value)])
        .toString("base64")
        .slice(shift === 0 ? 0 : shift + 1, -4),
    )
    .filter((form) => form.length >= 8);
  return [...places]
    .filter(([name, text]) => value.length >= binaryCharsMin || !isBinary(name, text))
    .filter(([name, text]) => [...folded].some((form) => stands(foldedOf(name, text), form)) || base64.some((form) => text.includes(form)))
    .map(([name]) => name);
}

/**
 * A value of digits counts only where it stands alone: 5611 within a hash is chance. So does a short word within a long run of base64:
 * a checkpoint's signature holds some word of four letters in either case once in about ten thousand.
 */
function stands(text: string, form: string): boolean {
  if (/^[\da-f .-]+$/.test(form) && form.length <= 9)
    return new RegExp(`(?<![0-9a-z])${form.replace(/[.\\]/g, "\\$&")}(?![0-9a-z])`).test(text.includes("\u0000") ? "" : text);
  if (form.length >= binaryCharsMin) return text.includes(form);
  for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) if (!isChance(text, at, at + form.length)) return true;
  return false;
}

const base64CharsMin = 40;

/** Whether the word from `start` to `end` has letters on either side and the run of base64 around it is a long one. */
function isChance(text: string, start: number, end: number): boolean {
  if (!/[a-z\d]/.test((text[start - 1] ?? "") + (text[end] ?? ""))) return false;
  const before = /[a-z\d+/=]*$/.exec(text.slice(Math.max(0, start - base64CharsMin), start))![0];
  const after = /^[a-z\d+/=]*/.exec(text.slice(end, end + base64CharsMin))![0];
  return before.length + (end - start) + after.length >= base64CharsMin;
}

/** Names of time zones hold cities: `Europe/London` beside a time is the carrier's clock, whoever lives there. */
const zoneNames = /\b(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)\/[A-Z][A-Za-z_]+/g;

const cache = new Map<string, { readonly text: string; readonly folded: string; readonly isBinary: boolean }>();

function foldedOf(name: string, text: string): string {
  return seen(name, text).folded;
}

function isBinary(name: string, text: string): boolean {
  return seen(name, text).isBinary;
}

function seen(name: string, text: string) {
  const held = cache.get(name);
  if (held?.text === text) return held;
  const fresh = { text, folded: text.replace(zoneNames, "").toLowerCase(), isBinary: text.includes("\u0000") };
  cache.set(name, fresh);
  return fresh;
}

function jsonLeaves(value: unknown, path: string, found = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) jsonLeaves(item, `${path}[${index}]`, found);
  else if (typeof value === "object" && value !== null)
    for (const [name, item] of Object.entries(value)) jsonLeaves(item, `${path}.${name}`, found);
  else if ((typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "boolean")
    found.set(path, String(value));
  return found;
}

/** Enough of XML for the labelled paths of the samples: text and attributes by local name. */
function xmlLeaves(xml: string, labels: readonly Label[]): Map<string, string> {
  const found = new Map<string, string>();
  const stack: string[] = [];
  for (const [, close, tag, attributes = "", selfClosed, text] of xml.matchAll(
    /<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*"[^"]*")*)\s*(\/?)>|([^<]+)/g,
  )) {
    if (text !== undefined) {
      if (text.trim() !== "") found.set(`/${stack.join("/")}/text()`, text.trim());
      continue;
    }
    const name = tag!.slice(tag!.indexOf(":") + 1);
    if (close === "/") stack.pop();
    else {
      stack.push(name);
      for (const [, attribute, value] of attributes.matchAll(/([\w:.-]+)\s*=\s*"([^"]*)"/g))
        if (value !== "") found.set(`/${stack.join("/")}/@${attribute}`, value!);
      if (selfClosed === "/") stack.pop();
    }
  }
  return labels.length === 0 ? new Map() : found;
}
