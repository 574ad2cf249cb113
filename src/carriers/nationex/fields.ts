import { record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

export function fieldsOf(shipment: Part): readonly PersonalField[] {
  return personalFields(
    ...partyFields("recipient", record(shipment["Destination"])),
    personalField("freeText", "recipient", shipment["Note"]),
    ...partyFields("sender", record(shipment["Sender"])),
  );
}

/** The street stands in lines and again in parts; telephone numbers are numbers. */
function partyFields(role: Role, party: Part): readonly (PersonalField | null)[] {
  const street = [party["Suite"], party["NoCivic"], party["StreetName"]].map(text).filter((part) => part !== null);
  return [
    personalField("name", role, party["Contact"]),
    personalField("organisation", role, party["AccountName"]),
    personalField("street", role, party["Address1"]),
    personalField("street", role, party["Address2"]),
    personalField("street", role, street.join(" ")),
    personalField("postalCode", role, party["PostalCode"]),
    personalField("city", role, party["City"]),
    personalField("region", role, party["ProvinceState"]),
    personalField("phone", role, party["Phone"]),
    personalField("email", role, party["Email"]),
  ];
}
