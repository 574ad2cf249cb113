import { record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Personal fields of an order. IP address, tokens, payment details and the texts of line items are of no use to a delivery and stay
 * in the raw record.
 */
export function orderFields(order: Part): readonly PersonalField[] {
  const customer = record(order["customer"]);
  return personalFields(
    ...addressFields("recipient", record(order["shipping_address"])),
    ...addressFields("payer", record(order["billing_address"])),
    personalField("email", "payer", order["email"]),
    personalField("email", "payer", order["contact_email"]),
    personalField("phone", "payer", order["phone"]),
    personalField("customerId", "payer", customer["id"]),
    personalField("name", "payer", nameOf(customer)),
    personalField("email", "payer", customer["email"]),
    personalField("phone", "payer", customer["phone"]),
    ...addressFields("payer", record(customer["default_address"])),
    personalField("freeText", "payer", order["note"]),
  );
}

/** Personal fields of a fulfilment that comes without its order. `email` is the order's. */
export function fulfilmentFields(fulfilment: Part): readonly PersonalField[] {
  return personalFields(
    ...addressFields("recipient", record(fulfilment["destination"])),
    personalField("email", "payer", fulfilment["email"]),
  );
}

function addressFields(role: Role, address: Part): readonly (PersonalField | null)[] {
  const { latitude, longitude } = address;
  return [
    personalField("name", role, text(address["name"]) ?? nameOf(address)),
    personalField("organisation", role, address["company"]),
    personalField("street", role, joined(", ", address["address1"], address["address2"])),
    personalField("postalCode", role, address["zip"]),
    personalField("city", role, address["city"]),
    personalField("region", role, text(address["province"]) ?? address["province_code"]),
    personalField("phone", role, address["phone"]),
    personalField("email", role, address["email"]),
    personalField("location", role, joined(",", latitude, longitude)),
  ];
}

function nameOf(person: Part): string {
  return joined(" ", person["first_name"], person["last_name"]);
}

function joined(separator: string, ...values: readonly unknown[]): string {
  return values
    .map(text)
    .filter((value) => value !== null)
    .join(separator);
}
