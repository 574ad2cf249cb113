import { bareNotice, otherNumbers } from "../bare-notice.ts";
import { carrierByName } from "../carrier-name.ts";
import { record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import type { Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/** A label that was bought or cancelled: who is to get the parcel, and its number where there is one. @returns null without number and id. */
export function shipmentNotice(shipment: Part): Notice | null {
  const trackingNumber = text(shipment["tracking_number"]);
  const reference = text(shipment["reference"]) ?? text(record(shipment["options"])["reference"]);
  if (trackingNumber === null && text(shipment["id"]) === null) return null;
  return {
    ...bareNotice(carrierByName(shipment["carrier_name"]), trackingNumber),
    kind: trackingNumber === null ? "order" : "fulfilment",
    orderReferences: otherNumbers(trackingNumber, reference, text(shipment["order_id"])),
    fields: personalFields(
      ...addressFields("recipient", record(shipment["recipient"])),
      ...addressFields("sender", record(shipment["shipper"])),
    ),
  };
}

/** @returns null without an id. */
export function orderNotice(order: Part): Notice | null {
  const references = otherNumbers(null, text(order["order_id"]), text(order["id"]));
  if (references.length === 0) return null;
  return {
    ...bareNotice(null, null),
    kind: "order",
    orderReferences: references,
    fields: personalFields(
      ...addressFields("recipient", record(order["shipping_to"])),
      ...addressFields("payer", record(order["billing_address"])),
    ),
  };
}

function addressFields(role: Role, address: Part): readonly (PersonalField | null)[] {
  const street = [address["street_number"], address["address_line1"], address["address_line2"]].map(text);
  return [
    personalField("name", role, address["person_name"]),
    personalField("organisation", role, address["company_name"]),
    personalField("street", role, street.filter((part) => part !== null).join(" ")),
    personalField("postalCode", role, address["postal_code"]),
    personalField("city", role, address["city"]),
    personalField("region", role, address["state_code"]),
    personalField("phone", role, address["phone_number"]),
    personalField("email", role, address["email"]),
  ];
}
