import { personalFields } from "../personal-fields.ts";
import { attribute, type XmlElement } from "../xml.ts";
import type { Category, Role } from "../../domain/category.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";

/**
 * Personal attributes of a piece. `leitcode`, `routing-code-ean` and `matchcode` encode postcode, street and house number and are not named
 * here: they stay in the sealed raw record.
 */
export function fieldsOf(piece: XmlElement): readonly PersonalField[] {
  const field = (category: Category, role: Role, name: string) => personalField(category, role, given(attribute(piece, name)));
  return personalFields(
    field("name", "recipient", "recipient-name"),
    field("street", "recipient", "recipient-street"),
    field("city", "recipient", "recipient-city"),
    field("freeText", "signatory", "recipient-id-text"),
    field("name", "recipient", "pan-recipient-name"),
    field("street", "recipient", "pan-recipient-street"),
    field("city", "recipient", "pan-recipient-city"),
    field("postalCode", "recipient", "pan-recipient-postalcode"),
    field("street", "recipient", "pan-recipient-address"),
    field("organisation", "sender", "shipper-name"),
    field("street", "sender", "shipper-street"),
    field("city", "sender", "shipper-city"),
    field("street", "sender", "shipper-address"),
  );
}

/** DHL's sentences for a party that it was told nothing about; they are nobody's name. */
const nothingGiven = /^(?:no (?:sender|recipient|receiver) data|es (?:wurden|liegen) keine)\b/i;

function given(value: string | null): string | null {
  return value === null || nothingGiven.test(value) ? null : value;
}
