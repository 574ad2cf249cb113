import type { Category } from "../domain/category.ts";

/** Stands for what is hidden, however long that is: the length would tell something too. */
const hidden = "•••";

/** Values so short that their last characters are most of them are hidden whole. */
const numberCharsMin = 8;
const phoneDigitsMin = 6;
/** A longer last label (`.musterweg`) may be a name. */
const topLabelCharsMax = 4;

/**
 * What a person may see of a value to recognise it: a phone's country code and last two digits, the first letters of an e-mail address and its
 * domain with the last label, a name's first and last initial, two characters of a postcode, the last four of a number. Everything else is hidden.
 */
export function mask(category: Category, value: string): string {
  switch (category) {
    case "phone":
      return phone(value);
    case "email":
      return email(value);
    case "name":
      return name(value);
    case "postalCode":
      return postalCode(value);
    case "trackingNumber":
    case "customerId":
    case "orderReference":
      return number(value);
    case "organisation":
    case "street":
    case "city":
    case "region":
    case "location":
    case "freeText":
    case "document":
    case "accessLink":
      return hidden;
  }
}

function phone(value: string): string {
  const international = /^\s*(\+|00)/.test(value);
  const digits = value.replace(/\D/g, "").replace(international ? /^00/ : /^$/, "");
  const country = international ? (countryCode.exec(digits)?.[0] ?? "") : "";
  const rest = digits.slice(country.length);
  const end = rest.length < phoneDigitsMin ? hidden : `${hidden} ••${rest.slice(-2)}`;
  return country === "" ? end : `+${country} ${end}`;
}

/** Country codes of one and two digits, all others have three: ITU-T E.164, list of assigned country codes. */
const countryCode =
  /^(?:1|7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-689]\d|3[578]\d|42\d|50\d|59\d|6[7-9]\d|8[0578]\d|9[679]\d)/;

function email(value: string): string {
  const at = value.lastIndexOf("@");
  if (at < 1) return hidden;
  const domain = value.slice(at + 1).trim();
  const dot = domain.lastIndexOf(".");
  const top = dot < 1 ? "" : domain.slice(dot + 1);
  const end = top !== "" && top.length <= topLabelCharsMax ? `.${top}` : "";
  return `${first(value.trim())}${hidden}@${first(domain)}${hidden}${end}`;
}

function name(value: string): string {
  const words = value.trim().split(/\s+/);
  const initials = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return initials.map((word) => `${first(word).toUpperCase() || hidden}.`).join(" ");
}

function postalCode(value: string): string {
  const characters = value.replace(/[^\p{L}\p{N}]/gu, "");
  return characters.length < 4 ? hidden : `${characters.slice(0, 2)}${hidden}`;
}

function number(value: string): string {
  const characters = value.replace(/[^\p{L}\p{N}]/gu, "");
  return characters.length < numberCharsMin ? hidden : `${hidden}${characters.slice(-4)}`;
}

/** Its first character where that is a letter or digit. */
function first(text: string): string {
  return /^[\p{L}\p{N}]/u.exec(text)?.[0] ?? "";
}
