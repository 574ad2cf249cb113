import { list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Category, Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Personal fields of a tracking. `custom_fields` is left to the raw record: AfterShip asks merchants to keep personal data out of
 * it, and nothing says what is in it.
 */
export function fieldsOf(tracking: Part, trackingNumber: string): readonly PersonalField[] {
  const title = text(tracking["title"]);
  return personalFields(
    personalField("name", "recipient", tracking["customer_name"]),
    ...list(tracking["customers"]).flatMap(customerFields),
    ...each("email", tracking["subscribed_emails"] ?? tracking["emails"]),
    ...each("phone", tracking["subscribed_smses"] ?? tracking["smses"]),
    personalField("name", "signatory", tracking["signed_by"]),
    personalField("street", "recipient", tracking["destination_raw_location"]),
    personalField("postalCode", "recipient", tracking["destination_postal_code"] ?? tracking["tracking_postal_code"]),
    personalField("city", "recipient", tracking["destination_city"]),
    personalField("region", "recipient", tracking["destination_state"] ?? tracking["tracking_state"]),
    personalField("street", "sender", tracking["origin_raw_location"]),
    personalField("postalCode", "sender", tracking["origin_postal_code"]),
    personalField("city", "sender", tracking["origin_city"]),
    personalField("region", "sender", tracking["origin_state"]),
    personalField("freeText", "recipient", tracking["note"]),
    // The title is the tracking number until the merchant writes something else there.
    personalField("freeText", "recipient", title === trackingNumber ? null : title),
    personalField("freeText", "pickup_point", tracking["pickup_location"]),
    personalField("freeText", "recipient", tracking["pickup_note"]),
    personalField("accessLink", "recipient", tracking["aftership_tracking_url"]),
    personalField("accessLink", "recipient", tracking["courier_tracking_link"]),
    // Whoever opens this link may change the delivery day or the address.
    personalField("accessLink", "recipient", tracking["courier_redirect_link"]),
  );
}

function customerFields(value: unknown): readonly (PersonalField | null)[] {
  const customer = record(value);
  const role: Role = text(customer["role"])?.toLowerCase() === "buyer" ? "payer" : "recipient";
  return [
    personalField("name", role, customer["name"]),
    personalField("email", role, customer["email"]),
    personalField("phone", role, customer["phone_number"]),
    personalField("customerId", role, customer["id"]),
  ];
}

function each(category: Category, values: unknown): readonly (PersonalField | null)[] {
  return list(values).map((value) => personalField(category, "recipient", value));
}
