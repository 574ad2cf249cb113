import { isRecord, list, record, text } from "../json.ts";
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
    ...contactFields("recipient", recipient["contact"]),
    ...addressFields("recipient", recipient["address"]),
    ...addressFields("recipient", result["lastUpdatedDestinationAddress"]),
    ...addressFields("recipient", delivery["actualDeliveryAddress"]),
    ...contactFields("sender", shipper["contact"]),
    ...addressFields("sender", shipper["address"]),
    personalField("name", "sender", record(result["returnDetail"])["authorizationName"]),
    personalField("name", "signatory", delivery["receivedByName"]),
    personalField("name", "signatory", delivery["signedByName"]),
    personalField("freeText", "recipient", delivery["locationDescription"]),
    personalField("freeText", "recipient", information["nickname"]),
    personalField("freeText", "recipient", information["shipmentNotes"]),
    ...contactFields("pickup_point", hold["contact"]),
    ...addressFields("pickup_point", hold["address"]),
  );
}

function contactFields(role: Role, contact: unknown): readonly (PersonalField | null)[] {
  if (!isRecord(contact)) return [];
  return [
    personalField("name", role, contact["personName"]),
    personalField("phone", role, contact["phoneNumber"]),
    personalField("email", role, contact["emailAddress"]),
    personalField("organisation", role, contact["companyName"]),
  ];
}

const isText = (line: string | null): boolean => line !== null;

function addressFields(role: Role, address: unknown): readonly (PersonalField | null)[] {
  if (!isRecord(address)) return [];
  const lines = list(address["streetLines"]).map(text);
  return [
    personalField("street", role, lines.filter(isText).join(", ")),
    personalField("postalCode", role, address["postalCode"]),
    personalField("city", role, address["city"]),
    personalField("region", role, address["stateOrProvinceCode"]),
  ];
}
