/** How a check digit follows from the characters before it; the names are those of the published data. */
export type Checksum =
  /** Digits times weights that alternate from the left (or, reversed, from the right); 10 minus the sum modulo 10. */
  | {
      readonly name: "mod10";
      readonly evens_multiplier?: number;
      readonly odds_multiplier?: number;
      readonly reverse?: boolean;
    }
  /** Serial number modulo 7. */
  | { readonly name: "mod7" }
  /** ISO/IEC 7812-1, annex B. */
  | { readonly name: "luhn" }
  /** UPU S10, section 4: 11 minus the weighted sum modulo 11, where 10 stands for 0 and 11 for 5. */
  | { readonly name: "s10"; readonly weightings: readonly number[] }
  /** ISO/IEC 7064, hybrid system MOD 37,36. */
  | { readonly name: "mod_37_36" }
  /** Sum of digits times weights, modulo the first and then the second number. */
  | {
      readonly name: "sum_product_with_weightings_and_modulo";
      readonly weightings: readonly number[];
      readonly modulo1: number;
      readonly modulo2: number;
    };

/** How many check characters a scheme tells apart: of so many random numbers one passes. */
export function checkValues({ name }: Checksum): number {
  switch (name) {
    case "mod7":
      return 7;
    case "mod_37_36":
      return 36;
    case "s10":
    case "mod10":
    case "luhn":
    case "sum_product_with_weightings_and_modulo":
      return 10;
  }
}

/** @param serial upper-case letters and digits. @param check one of these. */
export function checksumHolds(checksum: Checksum, serial: string, check: string): boolean {
  switch (checksum.name) {
    case "mod10":
      return (10 - (mod10Sum(serial, checksum) % 10)) % 10 === Number(check);
    case "mod7":
      return Number(BigInt(serial) % 7n) === Number(check);
    case "luhn":
      return (10 - (luhnSum(serial) % 10)) % 10 === Number(check);
    case "s10":
      return s10Check(weightedSum(serial, checksum.weightings)) === Number(check);
    case "mod_37_36":
      return alphabet[mod3736(serial)] === check;
    case "sum_product_with_weightings_and_modulo":
      return (weightedSum(serial, checksum.weightings) % checksum.modulo1) % checksum.modulo2 === Number(check);
  }
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

type Mod10 = Extract<Checksum, { readonly name: "mod10" }>;

function mod10Sum(serial: string, { evens_multiplier: even = 1, odds_multiplier: odd = 1, reverse = false }: Mod10): number {
  const characters = reverse ? Array.from(serial).reverse() : Array.from(serial);
  return characters.reduce((sum, character, place) => sum + digitValue(character) * (place % 2 === 0 ? even : odd), 0);
}

/** A letter counts as the digit that UPS and OnTrac give it: A is 2, B is 3, and so on, modulo 10. */
function digitValue(character: string): number {
  return /\d/.test(character) ? Number(character) : (character.charCodeAt(0) - 3) % 10;
}

function luhnSum(serial: string): number {
  return Array.from(serial)
    .reverse()
    .reduce((sum, digit, place) => {
      const value = place % 2 === 0 ? Number(digit) * 2 : Number(digit);
      return sum + (value > 9 ? value - 9 : value);
    }, 0);
}

function weightedSum(serial: string, weightings: readonly number[]): number {
  return Array.from(serial).reduce((sum, digit, place) => sum + Number(digit) * (weightings[place] ?? 0), 0);
}

function s10Check(sum: number): number {
  const rest = 11 - (sum % 11);
  if (rest === 10) return 0;
  return rest === 11 ? 5 : rest;
}

function mod3736(serial: string): number {
  let product = 36;
  for (const character of serial) {
    product += alphabet.indexOf(character);
    if (product > 36) product -= 36;
    product *= 2;
    if (product > 36) product -= 37;
  }
  return (37 - product) % 36;
}
