import { FF1 } from "@noble/ciphers/ff1.js";
import type { Category } from "../domain/category.ts";
import type { SealingKeys } from "./keys/provider.ts";

/*
 * Format-preserving encryption, for a partner's field that takes nothing but digits or letters. Everything else gets a token.
 *
 * FF1 of NIST SP 800-38G (2016). It hides a value and does not protect it: there is no integrity, a wrong key gives a plausible value, and equal
 * values of one tenant and category give equal results. German postcodes (10^5), house numbers and countries have domains that are too small.
 */

/** NIST SP 800-38G Rev. 1 (drafts of 2019 and 2025): radix^length of at least a million. The text of 2016, and the library, take 100. */
const domainMin = 1_000_000;
/** Sums are made of numbers as long as the value; longer fields are no field. */
const digitsMax = 512;

export class FormatPreservingError extends Error {
  override readonly name = "FormatPreservingError";
  /** `small-domain` and `bad-value` are the value's fault and want a token instead; the others are the program's. */
  readonly code: "refused-algorithm" | "unknown-algorithm" | "bad-alphabet" | "bad-key" | "no-tweak" | "small-domain" | "bad-value";
  constructor(code: FormatPreservingError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A value's digits, each below the radix. Both ways throw {@link FormatPreservingError} `small-domain`, `bad-value`. */
export interface DigitCipher {
  encrypt(digits: readonly number[]): number[];
  decrypt(digits: readonly number[]): number[];
}

export interface TextCipher {
  encrypt(value: string): string;
  decrypt(value: string): string;
}

const refusals: Readonly<Record<string, string>> = {
  FF3: "NIST withdrew its approval in 2017 (csrc.nist.gov news of 2017-04-12; Durak and Vaudenay, CRYPTO 2017)",
  "FF3-1": "it stood in NIST's draft of 2019 only; SP 800-38G Rev. 1, second draft of 2025-02-03, dropped it (Beyne, CRYPTO 2021)",
};

/**
 * The algorithm of a name, as settings and partners write it.
 * @throws {FormatPreservingError} `refused-algorithm` for FF3 and FF3-1, `unknown-algorithm`.
 */
export function digitCipherOf(algorithm: string): typeof ff1 {
  const name = algorithm.trim().toUpperCase().replace("_", "-");
  if (name === "FF1") return ff1;
  const reason = refusals[name];
  if (reason !== undefined) throw new FormatPreservingError("refused-algorithm", `${name} is refused: ${reason}; use FF1`);
  throw new FormatPreservingError("unknown-algorithm", "the one format-preserving algorithm here is FF1");
}

export interface FormatPreservingField {
  readonly algorithm: string;
  readonly tenant: string;
  readonly category: Category;
  /** Grows where the key is changed. */
  readonly version: number;
  /** 2 to 36 different characters. */
  readonly alphabet: string;
}

/**
 * The cipher of one field: AES-256 under a key of the tenant, category and version, which are the tweak as well.
 * @throws {FormatPreservingError} as {@link digitCipherOf}, `bad-alphabet`; {@link KeyError} as the provider does.
 */
export async function formatPreserving(keys: Pick<SealingKeys, "derive">, field: FormatPreservingField): Promise<TextCipher> {
  const cipherOf = digitCipherOf(field.algorithm);
  const digitOf = digitsOf(field.alphabet);
  const context = `${field.tenant}|${field.category}|v${field.version}`;
  const key = await keys.derive(`format-preserving|${context}`);
  const cipher = cipherOf(field.alphabet.length, key, Buffer.from(context));
  const digits = (value: string): number[] => {
    const found = Array.from(value, (letter) => digitOf.get(letter) ?? -1);
    if (found.includes(-1)) throw new FormatPreservingError("bad-value", "a character that is not of the alphabet");
    return found;
  };
  const text = (found: readonly number[]): string => found.map((digit) => field.alphabet[digit]).join("");
  return {
    encrypt: (value) => text(cipher.encrypt(digits(value))),
    decrypt: (value) => text(cipher.decrypt(digits(value))),
  };
}

/**
 * FF1 as the library has it, and what the library lets pass refused.
 * @param key 16, 24 or 32 bytes.
 * @param tweak public, not empty: one key without a tweak is one codebook for all fields.
 * @throws {FormatPreservingError} `bad-alphabet`, `bad-key`, `no-tweak`.
 */
export function ff1(radix: number, key: Uint8Array, tweak: Uint8Array): DigitCipher {
  if (!Number.isInteger(radix) || radix < 2 || radix > 36) throw new FormatPreservingError("bad-alphabet", "a radix is 2 to 36 here");
  if (![16, 24, 32].includes(key.length))
    throw new FormatPreservingError("bad-key", `an AES key has 16, 24 or 32 bytes, got ${key.length}`);
  if (tweak.length === 0) throw new FormatPreservingError("no-tweak", "a tweak is required");
  const cipher = FF1(radix, key, tweak);
  return {
    encrypt: (digits) => cipher.encrypt(checked(radix, digits)),
    decrypt: (digits) => cipher.decrypt(checked(radix, digits)),
  };
}

function checked(radix: number, digits: readonly number[]): number[] {
  if (digits.length > digitsMax) throw new FormatPreservingError("bad-value", `at most ${digitsMax} digits, got ${digits.length}`);
  // Exact: digits of a domain that reaches the bound are few enough for a double.
  if (radix ** digits.length < domainMin) {
    throw new FormatPreservingError("small-domain", `${digits.length} digits of ${radix} are fewer than ${domainMin} values`);
  }
  for (const digit of digits) {
    if (!Number.isInteger(digit) || digit < 0 || digit >= radix) throw new FormatPreservingError("bad-value", "a digit outside the radix");
  }
  return [...digits];
}

function digitsOf(alphabet: string): ReadonlyMap<string, number> {
  const digits = new Map(Array.from(alphabet, (letter, digit) => [letter, digit]));
  if (digits.size !== alphabet.length || digits.size < 2 || digits.size > 36) {
    throw new FormatPreservingError("bad-alphabet", "an alphabet has 2 to 36 different characters");
  }
  return digits;
}
