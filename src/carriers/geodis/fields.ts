import { record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

type Part = Readonly<Record<string, unknown>>;

/** Images, PDFs and the carbon report stay in the raw record. The recipient's login is the receipt's number and the postcode. */
export function fieldsOf(consignment: Part): readonly PersonalField[] {
  return personalFields(
    ...partyFields("recipient", record(consignment["destinataire"])),
    ...partyFields("sender", record(consignment["expediteur"])),
    personalField("freeText", "recipient", consignment["instructionsLivraison1"]),
    personalField("freeText", "recipient", consignment["instructionsLivraison2"]),
    personalField("accessLink", "recipient", consignment["loginDestinataire"]),
    personalField("accessLink", "recipient", consignment["urlSuiviDestinataire"]),
  );
}

/** `adresse1` repeats the street's line; `codePorte` opens the house. */
function partyFields(role: Role, party: Part): readonly (PersonalField | null)[] {
  const place = [text(party["latitude"]), text(party["longitude"])];
  return [
    personalField(role === "sender" ? "organisation" : "name", role, party["nom"]),
    personalField("name", role, party["nomContact"]),
    personalField("street", role, joined(party["noVoie"], party["libelleVoie"])),
    personalField("street", role, party["adresse1"]),
    personalField("street", role, party["adresse2"]),
    personalField("postalCode", role, party["codePostal"]),
    personalField("city", role, party["ville"]),
    personalField("phone", role, party["telephoneMobile"]),
    personalField("phone", role, party["telephoneFixe"]),
    personalField("phone", role, party["telephoneContact"]),
    personalField("email", role, party["email"]),
    personalField("freeText", role, party["codePorte"]),
    personalField("freeText", role, party["instructionsLivraison"]),
    personalField("freeText", role, party["instructionsEnlevement"]),
    personalField("location", role, place.includes(null) ? null : place.join(",")),
  ];
}

function joined(...values: readonly unknown[]): string {
  return values
    .map(text)
    .filter((value) => value !== null)
    .join(" ");
}
