import { oneOrMany, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Address types. 01 and 02 are in PostNL's SDK documentation (read 2026-11-24); the others are as its label API numbers them, by common
 * knowledge and not checked.
 */
const roles: ReadonlyMap<string, Role> = new Map<string, Role>([
  ["01", "recipient"],
  ["02", "sender"],
  ["03", "sender"], // Alternative sender
  ["04", "sender"], // Collection address
  ["08", "sender"], // Return address
  ["09", "pickup_point"], // Delivery address of a shipment that is fetched
]);

export function fieldsOf(shipment: Part): readonly PersonalField[] {
  return personalFields(
    ...oneOrMany(shipment["Address"]).flatMap((address) => addressFields(record(address))),
    personalField("organisation", "sender", record(shipment["Customer"])["Name"]),
  );
}

/** An address of another type counts as the recipient's: its fields become tokens either way. */
function addressFields(address: Part): readonly (PersonalField | null)[] {
  const role = roles.get(text(address["AddressType"]) ?? "") ?? "recipient";
  return [
    personalField("name", role, joined(address, "FirstName", "LastName")),
    personalField("organisation", role, address["CompanyName"]),
    personalField("organisation", role, address["DepartmentName"]),
    personalField("street", role, joined(address, "Street", "HouseNumber", "HouseNumberSuffix", "Building", "Floor")),
    personalField("postalCode", role, address["Zipcode"]),
    personalField("city", role, address["City"]),
    personalField("region", role, joined(address, "District", "Region")),
    personalField("freeText", role, address["Remark"]),
  ];
}

function joined(address: Part, ...names: readonly string[]): string {
  const parts = names.map((name) => text(address[name]));
  return parts.filter((part) => part !== null).join(" ");
}
