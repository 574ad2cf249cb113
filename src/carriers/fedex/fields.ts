import { list, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Personal fields of a `trackResult`. FedEx gives most of them only to the account that shipped, and only in the "secured data"
 * variant of the webhook. Addresses of FedEx's own stations are left out but for the one where the parcel waits.
 */
export function fieldsOf(result: Part): readonly PersonalField[] {
  const delivery = record(result["deliveryDetails"]);
  const information = record(result["additionalTrackingInfo"]);
  const recipient = record(result["recipientInformation"]);
  const shipper = record(result["shipperInformation"]);
  const hold = record(record(result["holdAtLocation"])["locationContactAndAddress"]);
  return personalFields(
    ...contactFields("recipient", record(recipient["contact"])),
    ...addressFields("recipient", record(recipient["address"])),
    ...addressFields("recipient", record(result["lastUpdatedDestinationAddress"])),
    ...addressFields("recipient", record(delivery["actualDeliveryAddress"])),
    ...contactFields("sender", record(shipper["contact"])),
    ...addressFields("sender", record(shipper["address"])),
    personalField("name", "sender", record(result["returnDetail"])["authorizationName"]),
    personalField("name", "signatory", delivery["receivedByName"]),
    personalField("name", "signatory", delivery["signedByName"]),
    personalField("freeText", "recipient", delivery["locationDescription"]),
    personalField("freeText", "recipient", information["nickname"]),
    personalField("freeText", "recipient", information["shipmentNotes"]),
    ...contactFields("pickup_point", record(hold["contact"])),
    ...addressFields("pickup_point", record(hold["address"])),
  );
}

function contactFields(role: Role, contact: Part): readonly (PersonalField | null)[] {
  return [
    personalField("name", role, contact["personName"]),
    personalField("phone", role, contact["phoneNumber"]),
    personalField("email", role, contact["emailAddress"]),
    personalField("organisation", role, contact["companyName"]),
  ];
}

function addressFields(role: Role, address: Part): readonly (PersonalField | null)[] {
  const lines = list(address["streetLines"]).map(text);
  return [
    personalField("street", role, lines.filter((line) => line !== null).join(", ")),
    personalField("postalCode", role, address["postalCode"]),
    personalField("city", role, address["city"]),
    personalField("region", role, address["stateOrProvinceCode"]),
  ];
}
