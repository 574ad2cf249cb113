import type { Category } from "../../domain/category.ts";

/** A value that the vault may know. Categories without a blind index (names, streets, …) cannot be asked for. */
export interface Candidate {
  readonly category: Extract<Category, "email" | "phone" | "customerId" | "trackingNumber" | "orderReference">;
  readonly value: string;
}

/** Most forms of one text that are asked for. */
const formsMax = 96;
/** Words of a value that was split: `49 176 1234567` has three. */
const wordsMax = 6;
const valueCharactersMax = 128;

/**
 * What of a text the vault could know: the text, its words, and runs of words with and without what stands between them, each as it is and in the other
 * letter case.
 */
export function candidatesIn(text: string): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const form of formsOf(text)) addCandidates(candidates, form);
  return candidates;
}

/** For a text that is one value if it is any: as it is, and without separators. */
export function wholeCandidates(text: string): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const form of new Set([text, text.replaceAll(/[\s\-._/()]+/g, "")]))
    if (form.length <= valueCharactersMax) addCandidates(candidates, form);
  return candidates;
}

function formsOf(text: string): ReadonlySet<string> {
  const forms = new Set<string>();
  const add = (form: string): void => {
    if (form.length >= 3 && form.length <= valueCharactersMax && forms.size < formsMax) forms.add(form);
  };
  const trimmed = text.trim();
  add(trimmed);
  add(trimmed.replaceAll(/[\s\-._/()]+/g, ""));
  if (trimmed.includes("@")) add(trimmed.replaceAll(/\s+/g, ""));
  for (const [address] of text.matchAll(/[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}.-]+/gu)) add(address.replace(/[.-]+$/, ""));
  const parts = text.split(/[^\p{L}\p{N}@+_.#-]+/u).filter((part) => part !== "");
  for (const part of parts) add(part);
  const words = text.split(/[^\p{L}\p{N}+]+/u).filter((word) => word !== "");
  for (let first = 0; first < words.length && forms.size < formsMax; first++) {
    let joined = "";
    for (let last = first; last < Math.min(words.length, first + wordsMax); last++) {
      joined += words[last];
      add(joined);
    }
  }
  return forms;
}

function addCandidates(candidates: Candidate[], form: string): void {
  if (form.includes("@")) {
    candidates.push({ category: "email", value: form });
  }
  if (/^\+?\d{6,20}$/.test(form)) for (const value of phoneForms(form)) candidates.push({ category: "phone", value });
  if (/\d/.test(form)) candidates.push({ category: "trackingNumber", value: form });
  for (const value of new Set([form, form.toLowerCase(), form.toUpperCase()]))
    candidates.push({ category: "customerId", value }, { category: "orderReference", value });
}

/** A number with its country's code, with 00 instead of the plus, without the plus, and as it is dialled within the country (codes have one to three digits). */
function phoneForms(form: string): readonly string[] {
  const digits = form.replace(/^\+|^00/, "");
  const national = [1, 2, 3].map((length) => `0${digits.slice(length)}`).filter((number) => number.length >= 7);
  return [form, digits, `+${digits}`, ...national];
}
