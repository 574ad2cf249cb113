import { personalFields } from "../personal-fields.ts";
import { attribute, child, children, text, type XmlElement } from "../xml.ts";
import type { Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

const roles: ReadonlyMap<string, Role> = new Map<string, Role>([
  ["sender", "sender"],
  ["collection", "sender"],
  ["receiver", "recipient"],
  ["delivery", "recipient"],
]);

/** The proof of delivery is an image or a link to one and stays in the raw record. */
export function fieldsOf(consignment: XmlElement): readonly PersonalField[] {
  const addresses = children(child(consignment, "Addresses"), "Address");
  return personalFields(
    personalField("city", "recipient", text(consignment, "DeliveryTown")),
    personalField("name", "signatory", text(consignment, "Signatory")),
    ...addresses.flatMap((address) =>
      addressFields(roles.get(attribute(address, "addressParty")?.toLowerCase() ?? "") ?? "recipient", address),
    ),
  );
}

function addressFields(role: Role, address: XmlElement): readonly (PersonalField | null)[] {
  return [
    personalField(role === "sender" ? "organisation" : "name", role, text(address, "Name")),
    personalField("name", role, text(address, "ContactName")),
    ...children(address, "AddressLine").map((line) => personalField("street", role, text(line))),
    personalField("postalCode", role, text(address, "Postcode")),
    personalField("city", role, text(address, "City")),
    personalField("region", role, text(address, "Province")),
    personalField("phone", role, text(address, "PhoneNumber")),
    personalField("phone", role, text(address, "ContactPhoneNumber")),
  ];
}
