/** Personal data by its look. Each is about what people write, in Europe first; a pattern names a finding and is never the only thing that holds it back. */
export type PatternName = "email" | "phone" | "iban" | "street" | "postal-code-and-city" | "card-number" | "date-of-birth" | "coordinates";

const streetWord =
  "(?:str(?:\\.|aße|asse|eet)|weg|allee|platz|gasse|ring|damm|ufer|chaussee|laan|straat|plein|gracht|kade|road|lane|avenue|drive|rue|boulevard|via|viale|piazza|corso|calle|avenida|plaza|rua|ulica|ul\\.|gatan|vägen|gade|vej|vei|katu|tie|utca|út)";

const patterns: readonly (readonly [PatternName, (text: string) => boolean])[] = [
  ["email", (text) => /[\p{L}\p{N}._%+'-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}/iu.test(text)],
  ["iban", hasIban],
  ["card-number", hasCardNumber],
  // E.164: a plus or 00 and up to 15 digits; or a national number that is written in groups.
  [
    "phone",
    (text) =>
      /(?<![\p{L}\p{N}])(?:\+|00)[1-9](?:[\s().\-/]{0,2}\d){6,14}(?!\d)/u.test(text) ||
      /(?<![\p{L}\p{N}])\(?0[1-9]\d{1,4}\)?[\s\-/]+\d{2,}(?:[\s\-/]*\d){3,9}(?!\d)/u.test(text),
  ],
  [
    "street",
    (text) =>
      new RegExp(`\\p{L}*${streetWord}\\s+\\d{1,4}\\s?[a-z]?(?![\\p{L}\\d])`, "iu").test(text) ||
      new RegExp(`(?<![\\p{L}\\d])\\d{1,4}\\s?[a-z]?,?\\s+(?:\\p{L}+\\s+){0,3}${streetWord}(?!\\p{L})`, "iu").test(text) ||
      new RegExp(`(?<!\\p{L})${streetWord}\\s+(?:\\p{L}+[\\s,]+){1,4}\\d{1,4}(?!\\d)`, "iu").test(text),
  ],
  ["postal-code-and-city", (text) => /(?<![\p{L}\p{N}])(?:[A-Z]{1,2}-)?\d{4,5}(?:\s?[A-Z]{2})?\s+\p{Lu}\p{L}{2,}/u.test(text)],
  ["date-of-birth", (text) => /(?<!\d)(?:19[2-9]\d|20[01]\d)-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\dT])/.test(text)],
  ["coordinates", (text) => /(?<![\d.])-?\d{1,2}\.\d{4,},\s*-?\d{1,3}\.\d{4,}(?!\d)/.test(text)],
];

/** @returns the first pattern that a text shows, the surest first. */
export function patternIn(text: string): PatternName | null {
  for (const [name, isIn] of patterns) if (isIn(text)) return name;
  return null;
}

/** ISO 13616: the check digits leave one when the number, its first four characters moved to the end and letters as 10 to 35, is divided by 97. */
function hasIban(text: string): boolean {
  for (const [candidate] of text.matchAll(/(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?![\p{L}\p{N}])/giu)) {
    const iban = candidate.replaceAll(/[ -]/g, "").toUpperCase();
    let rest = 0;
    for (const character of iban.slice(4) + iban.slice(0, 4)) {
      const digits = Number.parseInt(character, 36);
      rest = (rest * (digits > 9 ? 100 : 10) + digits) % 97;
    }
    if (rest === 1) return true;
  }
  return false;
}

/** ISO/IEC 7812: 15 or 16 digits of a payment card's ranges with a right Luhn digit. */
function hasCardNumber(text: string): boolean {
  for (const [candidate] of text.matchAll(/(?<![\p{L}\p{N}])[3-6](?:[ -]?\d){14,15}(?![\p{L}\p{N}])/gu)) {
    const digits = candidate.replaceAll(/\D/g, "");
    let sum = 0;
    for (let at = 0; at < digits.length; at++) {
      const digit = Number(digits[digits.length - 1 - at]);
      const doubled = digit * 2;
      sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
    }
    if (sum % 10 === 0) return true;
  }
  return false;
}
