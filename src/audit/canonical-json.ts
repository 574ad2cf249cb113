/** What an entry may hold. Numbers are whole and safe, so that every reader reads the same. */
export type CanonicalValue = string | number | boolean | null | readonly CanonicalValue[] | { readonly [name: string]: CanonicalValue };

/**
 * The one text of a value (RFC 8785): names sorted by their UTF-16 units, no white space, strings escaped as little as possible.
 * @throws {TypeError} for what has no canonical form: fractions, unsafe numbers, lone surrogates, undefined.
 */
export function canonicalJson(value: CanonicalValue): string {
  if (typeof value === "string") return canonicalString(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new TypeError("only whole numbers up to 2^53 have a place in an entry");
    return String(value);
  }
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${value.map((each: CanonicalValue) => canonicalJson(each)).join(",")}]`;
  if (typeof value !== "object") throw new TypeError(`a ${typeof value} has no canonical form`);
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${canonicalString(name)}:${canonicalJson(member)}`).join(",")}}`;
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError("a string with a lone surrogate has no canonical form");
  return JSON.stringify(text);
}
