import { record } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/** The site knows of both parties no more than where they are. */
export function siteFields(shipment: Part): readonly PersonalField[] {
  const cityOf = (role: Role, party: unknown) => personalField("city", role, record(party)["settlement"]);
  return personalFields(cityOf("recipient", shipment["recipient"]), cityOf("sender", shipment["sender"]));
}

/** What `getStatusDocuments` answers to whoever gives a phone number of one of the parties. */
export function documentFields(document: Part): readonly PersonalField[] {
  return personalFields(
    personalField("name", "recipient", document["RecipientFullName"] ?? document["RecipientFullNameEW"]),
    personalField("phone", "recipient", document["PhoneRecipient"]),
    personalField("street", "recipient", document["RecipientAddress"]),
    personalField("city", "recipient", document["CityRecipient"]),
    personalField("organisation", "pickup_point", document["WarehouseRecipient"]),
    personalField("name", "sender", document["SenderFullNameEW"]),
    personalField("phone", "sender", document["PhoneSender"]),
    personalField("street", "sender", document["SenderAddress"]),
    personalField("city", "sender", document["CitySender"]),
  );
}
