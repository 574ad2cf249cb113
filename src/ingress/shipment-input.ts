import { Type, type Static } from "typebox";
import { carrierIds } from "../domain/carrier.ts";
import type { Category } from "../domain/category.ts";
import type { Notice } from "../domain/notice.ts";
import { personalField, type PersonalField } from "../domain/personal.ts";

/** Longest e-mail address: RFC 5321, section 4.5.3.1.3 (a path of 256 with its two angle brackets). */
const emailCharsMax = 254;

const shortText = Type.String({ minLength: 1, maxLength: 128 });
const longText = Type.String({ minLength: 1, maxLength: 512 });

const RecipientInput = Type.Object(
  {
    name: Type.Optional(longText),
    organisation: Type.Optional(longText),
    street: Type.Optional(longText),
    postalCode: Type.Optional(shortText),
    city: Type.Optional(shortText),
    region: Type.Optional(shortText),
    country: Type.Optional(Type.String({ pattern: "^[A-Z]{2}$", description: "ISO 3166-1 alpha-2" })),
    email: Type.Optional(Type.String({ pattern: "^[^@\\s]+@[^@\\s]+$", maxLength: emailCharsMax })),
    phone: Type.Optional(shortText),
    customerId: Type.Optional(shortText),
  },
  { additionalProperties: false },
);
type RecipientInput = Static<typeof RecipientInput>;

/** A shipment that a merchant registers: the body of `POST /v1/shipments`, one row of an import. */
export const ShipmentInput = Type.Object(
  {
    carrier: Type.Optional(Type.Enum([...carrierIds], { description: "the carrier that issued the number; left out when not known" })),
    trackingNumber: Type.String({
      pattern: "^[A-Za-z0-9][A-Za-z0-9 -]{1,62}[A-Za-z0-9]$",
      description: "3 to 64 letters, digits, blanks and hyphens",
    }),
    orderReference: Type.Optional(shortText),
    recipient: Type.Optional(RecipientInput),
  },
  { additionalProperties: false },
);
export type ShipmentInput = Static<typeof ShipmentInput>;

/** The parts of a recipient that are personal. The country is not: it stays in the sealed raw record, since a notice has no place for it. */
const recipientCategories = [
  ["name", "name"],
  ["organisation", "organisation"],
  ["street", "street"],
  ["postalCode", "postalCode"],
  ["city", "city"],
  ["region", "region"],
  ["email", "email"],
  ["phone", "phone"],
  ["customerId", "customerId"],
] as const satisfies readonly (readonly [keyof RecipientInput, Category])[];

/** What the vault is to tokenise of a registered shipment. */
export function noticeOf(input: ShipmentInput): Notice {
  return {
    kind: "fulfilment",
    carrier: input.carrier ?? null,
    trackingNumber: input.trackingNumber,
    discriminator: null,
    alternativeNumbers: [],
    parentNumber: null,
    orderReferences: input.orderReference === undefined ? [] : [input.orderReference],
    events: [],
    summary: null,
    estimatedDelivery: null,
    fields: recipientFields(input.recipient ?? {}),
  };
}

function recipientFields(recipient: RecipientInput): readonly PersonalField[] {
  return recipientCategories
    .map(([property, category]) => personalField(category, "recipient", recipient[property]))
    .filter((field) => field !== null);
}
