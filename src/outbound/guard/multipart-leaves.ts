import type { Leaf } from "./leaf.ts";
import { percentDecoded } from "./decodings.ts";

export interface Part {
  readonly leaves: readonly Leaf[];
  readonly contentType: string;
  readonly body: Uint8Array;
}

/**
 * The parts of `multipart/*` (RFC 2046, section 5.1): names, file names and headers as leaves, and each part's body to be looked at by its own type.
 * @returns null where the body does not keep to its boundary, or has text outside the parts.
 */
export function multipartParts(body: Uint8Array, contentType: string): readonly Part[] | null {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType);
  const name = boundary?.[1] ?? boundary?.[2];
  if (name === undefined) return null;
  // Latin-1 keeps every byte, so that a part's body can be taken out again as it was.
  const text = Buffer.from(body).toString("latin1");
  const delimiter = `--${name}`;
  const sections = `\r\n${text}`.split(`\r\n${delimiter}`);
  if (sections.length < 2 || sections[0] !== "" || !/^--(?:\r\n)?$/.test(sections.at(-1)!)) return null;
  const parts: Part[] = [];
  for (const section of sections.slice(1, -1)) {
    const end = section.indexOf("\r\n\r\n");
    if (!section.startsWith("\r\n") || end < 0) return null;
    parts.push(partOf(section.slice(2, Math.max(2, end)), Buffer.from(section.slice(end + 4), "latin1")));
  }
  return parts;
}

function partOf(head: string, body: Uint8Array): Part {
  const leaves: Leaf[] = [];
  let contentType = "text/plain";
  for (const line of Buffer.from(head, "latin1").toString("utf8").split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "content-disposition") leaves.push(...dispositionLeaves(value));
    else {
      if (name === "content-type") contentType = value;
      leaves.push({ place: "header-name", text: name }, { place: "multipart-header", text: value });
    }
  }
  return { leaves, contentType, body };
}

/** RFC 7578, section 4.2, and the extended form of RFC 8187. */
function dispositionLeaves(value: string): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const rest = value.replaceAll(
    /;\s*([\w-]+)(\*?)=(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g,
    (_, parameter: string, extended: string, quoted, bare) => {
      const text = ((quoted as string | undefined) ?? (bare as string)).replaceAll(/\\(.)/g, "$1").trim();
      const plain = extended === "" ? text : text.replace(/^[\w-]*'[\w-]*'/, "");
      const place = parameter === "name" ? "multipart-name" : parameter === "filename" ? "multipart-filename" : "multipart-header";
      leaves.push({ place, text: percentDecoded(plain) });
      return "";
    },
  );
  if (rest.trim() !== "form-data") leaves.push({ place: "multipart-header", text: rest.trim() });
  return leaves;
}
