import { InvalidArgumentError } from "commander";

/** Parses an option that is a whole number. @throws {InvalidArgumentError} for any other text: `1e3`, `0x10`, an empty one. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`It is a whole number ${range}.`);
    return value;
  };
}
