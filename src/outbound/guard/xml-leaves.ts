import sax from "sax";
import type { Leaf, Place } from "./leaf.ts";

/**
 * Every string of an XML text: names, attributes, texts, CDATA, comments and instructions.
 * @returns null where it is not well-formed, or has a document type, which could define entities.
 */
export function xmlLeaves(text: string): readonly Leaf[] | null {
  const leaves: Leaf[] = [];
  const add = (place: Place, value: string): void => {
    if (value.trim() !== "") leaves.push({ place, text: value.trim() });
  };
  const parser = sax.parser(true, { trim: false, position: false });
  let isBroken = false;
  parser.onerror = () => {
    isBroken = true;
    parser.error = null as never;
  };
  parser.ondoctype = () => (isBroken = true);
  parser.onopentag = ({ name, attributes }) => {
    add("xml-name", name);
    for (const [attribute, value] of Object.entries(attributes)) {
      add("xml-attribute-name", attribute);
      add("xml-attribute-value", typeof value === "string" ? value : value.value);
    }
  };
  parser.ontext = (value) => add("xml-text", value);
  parser.oncdata = (value) => add("xml-cdata", value);
  parser.oncomment = (value) => add("xml-comment", value);
  parser.onprocessinginstruction = ({ name, body }) => add("xml-instruction", `${name} ${body}`);
  try {
    parser.write(text).close();
  } catch {
    return null;
  }
  return isBroken ? null : leaves;
}
