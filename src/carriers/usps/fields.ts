import { text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/** GS1 application identifier 420 (ship to post code) with five or nine digits before a 20- or 22-digit package code (USPS Publication 199). */
const WITH_ZIP = /^420(\d{5}(?:\d{4})?)(9[1-5]\d{18}|9[1-5]\d{20})$/;

/** The number without the ZIP code that may stand before it: a barcode reader sees both, USPS answers with either. */
export function embeddedZip(given: string): { readonly number: string; readonly zip: string | null } {
  const [, zip, number] = WITH_ZIP.exec(given.replaceAll(" ", "")) ?? [];
  return number === undefined ? { number: given, zip: null } : { number, zip: zip ?? null };
}

/** `statusSummary` says city and ZIP once more, in a sentence, and stays in the raw record. A name of an event is whoever took the parcel. */
export function fieldsOf(item: Part, events: readonly Part[], embedded: string | null): readonly PersonalField[] {
  return personalFields(
    personalField("city", "recipient", item["destinationCity"]),
    personalField("region", "recipient", item["destinationState"]),
    personalField("postalCode", "recipient", item["destinationZIP"] ?? embedded),
    personalField("city", "sender", item["originCity"]),
    personalField("region", "sender", item["originState"]),
    personalField("postalCode", "sender", item["originZIP"]),
    ...events.flatMap((event) => [
      personalField("name", "signatory", plain(event["name"])),
      personalField("organisation", "signatory", plain(event["firm"])),
    ]),
  );
}

/** USPS writes HTML entities into its texts. */
function plain(value: unknown): string | null {
  return text(value)?.replaceAll("&amp;", "&").replaceAll("&#39;", "'").replaceAll("&apos;", "'").replaceAll("&quot;", '"') ?? null;
}
