import { list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/** Personal fields of a parcel. The `from_` block is there for returns, where it holds the customer. */
export function fieldsOf(parcel: Part): readonly PersonalField[] {
  const label = record(parcel["label"]);
  return personalFields(
    personalField("name", "recipient", parcel["name"]),
    personalField("organisation", "recipient", parcel["company_name"]),
    ...streets(parcel).map((street) => personalField("street", "recipient", street)),
    personalField("postalCode", "recipient", parcel["postal_code"]),
    personalField("city", "recipient", parcel["city"]),
    personalField("region", "recipient", parcel["to_state"]),
    personalField("phone", "recipient", parcel["telephone"]),
    personalField("email", "recipient", parcel["email"]),
    personalField("name", "sender", parcel["from_name"]),
    personalField("organisation", "sender", parcel["from_company_name"]),
    personalField(
      "street",
      "sender",
      joined(", ", joined(" ", parcel["from_address_1"], parcel["from_house_number"]), parcel["from_address_2"]),
    ),
    personalField("postalCode", "sender", parcel["from_postal_code"]),
    personalField("city", "sender", parcel["from_city"]),
    personalField("region", "sender", parcel["from_state"]),
    personalField("phone", "sender", parcel["from_telephone"]),
    personalField("email", "sender", parcel["from_email"]),
    // Whoever opens a label's link reads the address.
    ...list(label["normal_printer"]).map((link) => personalField("accessLink", "recipient", link)),
    personalField("accessLink", "recipient", label["label_printer"]),
    personalField("accessLink", "recipient", parcel["tracking_url"]),
  );
}

/** `address_divided` repeats `address` as a rule; where it does not, both are kept. */
function streets(parcel: Part): readonly string[] {
  const divided = record(parcel["address_divided"]);
  const parts = [divided["street"], divided["house_number"]].map(text).filter((part) => part !== null);
  const line = joined(", ", parcel["address"], parcel["address_2"]);
  return parts.every((part) => line.includes(part)) ? [line] : [line, parts.join(" ")];
}

function joined(separator: string, ...values: readonly unknown[]): string {
  return values
    .map(text)
    .filter((value) => value !== null)
    .join(separator);
}
