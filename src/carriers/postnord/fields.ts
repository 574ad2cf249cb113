import { record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/** Personal fields of a shipment, with those of its only item where it has one. Codes that open a locker are not named here. */
export function shipmentFields(shipment: Part, single: Part | null): readonly PersonalField[] {
  const point = record(shipment["deliveryPoint"] ?? shipment["destinationDeliveryPoint"]);
  return personalFields(
    ...partyFields("recipient", record(shipment["consignee"])),
    ...partyFields("sender", record(shipment["consignor"])),
    ...partyFields("sender", record(shipment["returnParty"])),
    personalField("organisation", "pickup_point", point["name"] ?? point["displayName"]),
    ...addressFields("pickup_point", record(point["address"])),
    ...(single === null ? [] : itemFields(single)),
  );
}

export function itemFields(item: Part): readonly PersonalField[] {
  return personalFields(personalField("name", "signatory", record(item["acceptor"])["name"]));
}

function partyFields(role: Role, party: Part): readonly (PersonalField | null)[] {
  const contact = record(party["contact"]);
  return [
    personalField(role === "sender" ? "organisation" : "name", role, party["name"]),
    personalField("name", role, contact["contactName"] ?? contact["name"]),
    personalField("phone", role, contact["phone"] ?? contact["phoneNo"]),
    personalField("email", role, contact["email"] ?? contact["emailAddress"]),
    ...addressFields(role, record(party["address"])),
  ];
}

function addressFields(role: Role, address: Part): readonly (PersonalField | null)[] {
  const street = [text(address["street1"]), text(address["street2"])].filter((line) => line !== null).join(", ");
  return [
    personalField("street", role, street),
    personalField("postalCode", role, address["postCode"] ?? address["postalCode"]),
    personalField("city", role, address["city"]),
  ];
}
