import { list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/** Personal fields of a shipment. Places of scans are left out: they are in the events' identities only. */
export function fieldsOf(shipment: Part): readonly PersonalField[] {
  const details = record(shipment["details"]);
  const proof = record(details["proofOfDelivery"]);
  return personalFields(
    ...partyFields("recipient", record(details["receiver"])),
    ...placeFields("recipient", record(shipment["destination"])),
    ...partyFields("recipient", record(details["consignee"])),
    ...partyFields("sender", record(details["sender"])),
    ...placeFields("sender", record(shipment["origin"])),
    ...partyFields("sender", record(details["shipper"])),
    ...partyFields("signatory", record(proof["signed"])),
    linkField("signatory", proof["signatureUrl"]),
    linkField("recipient", proof["documentUrl"]),
    linkField("recipient", shipment["serviceUrl"]),
    linkField("recipient", shipment["rerouteUrl"]),
    ...servicePointFields(record(record(shipment["destination"])["servicePoint"])),
  );
}

/** A `Person` or `Organization`. Some divisions repeat the given name alone as `name`; it is kept only when it adds something. */
function partyFields(role: Role, party: Part): readonly (PersonalField | null)[] {
  const name = text(party["name"]);
  const full = [text(party["givenName"]), text(party["familyName"])].filter((part) => part !== null).join(" ");
  const category = party["@type"] === "Organization" || party["@type"] === "Company" ? "organisation" : "name";
  return [
    personalField("name", role, full),
    name === null || full.includes(name) ? null : personalField(category, role, name),
    personalField("organisation", role, party["organizationName"]),
    personalField("phone", role, party["telephone"]),
    personalField("email", role, party["email"]),
    ...placeFields(role, party),
  ];
}

/** There is a `streetAddress`, yet divisions write "street 1, CITY" as `addressLocality`: one with a digit is read as a street. */
function placeFields(role: Role, place: Part): readonly (PersonalField | null)[] {
  const address = record(place["address"]);
  const locality = text(address["addressLocality"]);
  return [
    personalField(
      "street",
      role,
      [text(address["streetAddress"]), text(address["addressLine"])].filter((part) => part !== null).join(", "),
    ),
    personalField(/\d/.test(locality ?? "") ? "street" : "city", role, locality),
    personalField("city", role, address["addressLocalityServicing"]),
    personalField("postalCode", role, address["postalCode"]),
    personalField("region", role, address["addressRegion"]),
  ];
}

/** The shop or locker where the parcel is handed out. */
function servicePointFields(point: Part): readonly (PersonalField | null)[] {
  return [personalField("organisation", "pickup_point", point["label"]), linkField("pickup_point", point["url"])];
}

/** The schema's sample holds the word "string" where a link belongs. */
function linkField(role: Role, value: unknown): PersonalField | null {
  const links = typeof value === "string" ? [value] : list(value);
  const link = links.map(text).find((each) => each !== null && /^https?:\/\//i.test(each));
  return personalField("accessLink", role, link);
}
