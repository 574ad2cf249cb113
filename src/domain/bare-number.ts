/** `420`, the recipient's ZIP code or ZIP+4, and the 22 digits of a USPS parcel (Publication 199, Intelligent Mail package barcode: GS1 AI 420 before AI 91 to 95). */
const USPS_WITH_ZIP = /^420(?:\d{5}|\d{9})(9[1-5]\d{20})$/;
const uspsCharsMin = 30;

/**
 * A tracking number without the recipient's postcode, where one stands before it. The postcode is personal, and the barcode and the bare number
 * are one parcel. Only where form and check digit leave no doubt: another carrier's number stays as it was given.
 */
export function bareNumber(given: string): string {
  if (given.length < uspsCharsMin) return given;
  const bare = USPS_WITH_ZIP.exec(given.replace(/[\s-]/g, ""))?.[1];
  return bare !== undefined && hasCheckDigit(bare) ? bare : given;
}

/** Weights 3, 1 from the right (GS1 General Specifications, section 7.9.1). */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) sum += Number(digits.at(-1 - at)) * (at % 2 === 0 ? 1 : 3);
  return sum % 10 === 0;
}
