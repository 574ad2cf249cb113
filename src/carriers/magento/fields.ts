import { list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/** Personal fields of an order. IP address, payment, tax number, date of birth and the history's comments stay in the raw record. */
export function orderFields(order: Part): readonly PersonalField[] {
  const assignments = list(record(order["extension_attributes"])["shipping_assignments"]).map(record);
  return personalFields(
    ...assignments.flatMap((assignment) => addressFields("recipient", record(record(assignment["shipping"])["address"]))),
    ...addressFields("recipient", record(order["shipping_address"])),
    ...addressFields("payer", record(order["billing_address"])),
    personalField("name", "payer", joined(" ", order["customer_firstname"], order["customer_middlename"], order["customer_lastname"])),
    personalField("email", "payer", order["customer_email"]),
    personalField("customerId", "payer", order["customer_is_guest"] === 1 ? null : order["customer_id"]),
    personalField("freeText", "payer", order["customer_note"]),
  );
}

/** What the buyer sends to place the order: the address that pays, and maybe one to send to. */
export function placeOrderFields(request: Part): readonly PersonalField[] {
  return personalFields(
    ...addressFields("recipient", record(request["shipping_address"])),
    ...addressFields("payer", record(request["billing_address"])),
    personalField("email", "payer", request["email"]),
  );
}

function addressFields(role: Role, address: Part): readonly (PersonalField | null)[] {
  const street = address["street"];
  return [
    personalField("name", role, joined(" ", address["firstname"], address["middlename"], address["lastname"])),
    personalField("organisation", role, address["company"]),
    personalField("street", role, Array.isArray(street) ? joined(", ", ...street) : street),
    personalField("postalCode", role, address["postcode"]),
    personalField("city", role, address["city"]),
    personalField("region", role, regionOf(address["region"]) ?? text(address["region_code"])),
    personalField("phone", role, address["telephone"]),
    personalField("email", role, address["email"]),
  ];
}

/** A word, or an object with the region's name. */
function regionOf(region: unknown): string | null {
  return text(region) ?? text(record(region)["region"]);
}

function joined(separator: string, ...values: readonly unknown[]): string {
  return values
    .map(text)
    .filter((value) => value !== null)
    .join(separator);
}
