import type { CarrierId } from "../../domain/carrier.ts";
import { type Checksum, checksumHolds, checkValues } from "./checksums.ts";

/** One format of numbers: what it looks like, how it is checked, and who uses it. */
export interface NumberFormat {
  /** Stable name, such as `ups` or `fedex_12`. */
  readonly id: string;
  /** `s10`: the postal operator of the country in the number, where it has no id of its own here. */
  readonly carrier: CarrierId | "s10";
  /**
   * Of the whole number: capital letters and digits, no spaces. Named groups: `serial` and `check` go to the checksum; `postcode` is the recipient's
   * postcode.
   */
  readonly pattern: RegExp;
  /** The carrier's own number within one that holds a postcode too; serial number and check digit where it is left out. */
  readonly ownNumber?: (text: string) => string;
  readonly checksum?: Checksum;
  /** Goes before the serial number for the checksum, where the number itself leaves it out. */
  readonly prefixOfSerial?: (serial: string) => string;
  /** Bits of the number that the format fixes besides its check digit: 4.7 for each fixed letter, 3.3 for each fixed digit. */
  readonly fixedBits: number;
}

/** A number that fits a format. */
export interface FormatMatch {
  readonly format: NumberFormat;
  /** The carrier's own number: without spaces, and without a recipient's postcode where one stood around it. */
  readonly number: string;
  /** Whether what was given holds a recipient's postcode. */
  readonly holdsPostcode: boolean;
}

/** @param text capital letters, digits and what else was given, without white space. @returns null where it does not fit. */
export function matchFormat(format: NumberFormat, text: string): FormatMatch | null {
  const found = format.pattern.exec(text);
  if (found === null) return null;
  // There is none where a pattern names no groups.
  const groups = found.groups ?? {};
  if (format.checksum !== undefined) {
    const serial = groups["serial"] ?? "";
    if (!checksumHolds(format.checksum, format.prefixOfSerial?.(serial) ?? serial, groups["check"] ?? "")) return null;
  }
  const holdsPostcode = groups["postcode"] !== undefined;
  const own = (): string => format.ownNumber?.(text) ?? `${groups["serial"]}${groups["check"]}`;
  return { format, number: holdsPostcode ? own() : text, holdsPostcode };
}

/** How much a match says, in bits: a number of the same length and alphabet by chance fits once in 2^bits. */
export function matchBits({ fixedBits, checksum }: NumberFormat): number {
  return fixedBits + (checksum === undefined ? 0 : Math.log2(checkValues(checksum)));
}
