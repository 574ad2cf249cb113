/**
 * What a sender's text says once the habits of its system are taken off: HTML entities in formats that have none (a name that was meant
 * for a web page), and the words that stand for "no value".
 */

/** What stands where a system had no value: of programming languages, of forms, of published samples. `NA` is not among them: it is Namibia, and a status code. */
const placeholders: ReadonlySet<string> = new Set(
  "{} [] () null (null) undefined none nil nan n/a n.a. n.a n/a. string - -- --- – — . .. ... _ ? * / //".split(" "),
);
/** .NET's least date, alone or with a time. */
const firstDay = "0001-01-01";
/** The longest of them, so that a longer text costs one comparison. */
const placeholderCharsMax = 10;

/** @param trimmed a text without blanks around it. */
export function isPlaceholder(trimmed: string): boolean {
  if (trimmed.length <= placeholderCharsMax) return trimmed === "" || trimmed === firstDay || placeholders.has(trimmed.toLowerCase());
  return trimmed.startsWith(`${firstDay}T`);
}

/** HTML 4.01, section 24.2.1: the names of U+00A0 to U+00FF, in order. */
const latin1Names =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm " +
  "raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH " +
  "Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig " +
  "ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml " +
  "yacute thorn yuml";

/** Sections 24.2.1 and 24.4.1, as far as names, streets and sentences have them. */
const named: ReadonlyMap<string, string> = new Map([
  ...latin1Names.split(" ").map((name, at): [string, string] => [name, String.fromCharCode(0xa0 + at)]),
  ...Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", OElig: "Œ", oelig: "œ", Scaron: "Š", scaron: "š", Yuml: "Ÿ" }),
  ...Object.entries({
    ndash: "–",
    mdash: "—",
    lsquo: "‘",
    rsquo: "’",
    sbquo: "‚",
    ldquo: "“",
    rdquo: "”",
    bdquo: "„",
    hellip: "…",
    euro: "€",
  }),
]);

const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,7}));/g;

/**
 * The text with its HTML entities read, once: `M&amp;amp;M` is `M&amp;M`. What is no entity stays as it is, also a reference to a character that
 * no text has. Never longer than what was given.
 */
export function withoutEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(ENTITY, (whole, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) return named.get(name) ?? whole;
    const point = decimal === undefined ? Number.parseInt(hexadecimal!, 16) : Number(decimal);
    const isCharacter = point >= 0x20 && point <= 0x10ffff && !(point >= 0x7f && point < 0xa0) && !(point >= 0xd800 && point <= 0xdfff);
    return isCharacter ? String.fromCodePoint(point) : whole;
  });
}
