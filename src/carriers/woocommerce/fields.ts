import { record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/** Personal fields of an order. IP address, user agent, order key and payment stay in the raw record; `customer_id` is 0 for a guest. */
export function fieldsOf(order: Part): readonly PersonalField[] {
  return personalFields(
    ...addressFields("recipient", record(order["shipping"])),
    ...addressFields("payer", record(order["billing"])),
    personalField("customerId", "payer", order["customer_id"] === 0 ? null : order["customer_id"]),
    personalField("freeText", "payer", order["customer_note"]),
  );
}

function addressFields(role: Role, address: Part): readonly (PersonalField | null)[] {
  return [
    personalField("name", role, joined(" ", address["first_name"], address["last_name"])),
    personalField("organisation", role, address["company"]),
    personalField("street", role, joined(", ", address["address_1"], address["address_2"])),
    personalField("postalCode", role, address["postcode"]),
    personalField("city", role, address["city"]),
    personalField("region", role, address["state"]),
    personalField("phone", role, address["phone"]),
    personalField("email", role, address["email"]),
  ];
}

function joined(separator: string, ...values: readonly unknown[]): string {
  return values
    .map(text)
    .filter((value) => value !== null)
    .join(separator);
}
