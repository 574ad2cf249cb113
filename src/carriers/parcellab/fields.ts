import { record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/** The recipient as the merchant gave parcelLab the order, in one object or flat beside the number. The pickup point is a shop, in an object of its own. */
export function fieldsOf(data: Part): readonly PersonalField[] {
  const shop = record(data["pickup_location"] ?? data["pickup_point"] ?? data["pickup_shop"]);
  const nested = record(data["recipient_address"] ?? data["recipient_details"] ?? data["address"]);
  const recipient = data["recipient"];
  const person = typeof recipient === "object" ? record(recipient) : {};
  return personalFields(
    ...[{ ...data, name: typeof recipient === "string" ? recipient : data["recipient_name"] }, nested, person].flatMap(personFields),
    personalField("customerId", "recipient", data["customerNo"] ?? data["customer_no"]),
    personalField("accessLink", "recipient", data["tracking_link"] ?? data["courier_link"]),
    personalField("organisation", "pickup_point", shop["name"]),
    personalField("street", "pickup_point", shop["street"] ?? shop["address"]),
    personalField("postalCode", "pickup_point", shop["zip_code"] ?? shop["zip"]),
    personalField("city", "pickup_point", shop["city"]),
  );
}

function personFields(part: Part): readonly (PersonalField | null)[] {
  return [
    personalField("name", "recipient", part["name"]),
    personalField("email", "recipient", part["email"] ?? part["recipient_email"]),
    personalField("phone", "recipient", part["phone"] ?? part["recipient_phone"]),
    personalField("street", "recipient", joined(part["street"], part["street_number"])),
    personalField("postalCode", "recipient", part["zip_code"] ?? part["zip"]),
    personalField("city", "recipient", part["city"]),
  ];
}

function joined(...values: readonly unknown[]): string {
  return values
    .map(text)
    .filter((value) => value !== null)
    .join(" ");
}
