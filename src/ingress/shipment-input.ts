import { type Static, Type } from "typebox";
import { carrierIds } from "../domain/carrier.ts";
import { countryCode } from "../domain/country.ts";
import type { Notice } from "../domain/notice.ts";
import { personalField, type PersonalField } from "../domain/personal.ts";
import type { Category } from "../domain/category.ts";

const personText = Type.Optional(Type.String({ minLength: 1, maxLength: 500 }));

/** Body of `POST /v1/shipments` and, by column, a row of an import. */
export const shipmentInput = Type.Object(
  {
    carrier: Type.Optional(Type.Union(carrierIds.map((id) => Type.Literal(id)))),
    trackingNumber: Type.String({ pattern: "^[A-Za-z0-9 -]{3,64}$" }),
    orderReference: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    recipient: Type.Optional(
      Type.Object(
        {
          name: personText,
          organisation: personText,
          street: personText,
          postalCode: personText,
          city: personText,
          region: personText,
          country: Type.Optional(Type.String({ pattern: "^[A-Za-z]{2,3}$" })),
          email: personText,
          phone: personText,
          customerId: personText,
        },
        { additionalProperties: false },
      ),
    ),
  },
  { $id: "ShipmentInput", additionalProperties: false },
);
export type ShipmentInput = Static<typeof shipmentInput>;

const recipientFields = ["name", "organisation", "street", "postalCode", "city", "region", "email", "phone", "customerId"] as const satisfies readonly Category[];

/** What a merchant says of a shipment, in the form that codecs give. The country stays in the sealed raw record. */
export function shipmentNotice(input: ShipmentInput): Notice {
  const recipient = input.recipient ?? {};
  const fields = recipientFields.map((category) => personalField(category, "recipient", recipient[category])).filter((field): field is PersonalField => field !== null);
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
    fields,
  };
}

/** @returns which field is wrong, as a JSON pointer, or null. For rows of an import, which no HTTP schema checks. */
export function wrongField(input: ShipmentInput): string | null {
  if (!/^[A-Za-z0-9 -]{3,64}$/.test(input.trackingNumber ?? "")) return "/trackingNumber";
  if (input.carrier !== undefined && !(carrierIds as readonly string[]).includes(input.carrier)) return "/carrier";
  if (input.orderReference !== undefined && (typeof input.orderReference !== "string" || input.orderReference === "" || input.orderReference.length > 100)) return "/orderReference";
  for (const [name, value] of Object.entries(input.recipient ?? {})) {
    if (typeof value !== "string" || value === "" || value.length > 500) return `/recipient/${(recipientFields as readonly string[]).includes(name) || name === "country" ? name : ""}`;
    if (!(recipientFields as readonly string[]).includes(name) && name !== "country") return "/recipient";
    if (name === "country" && countryCode(value) === null) return "/recipient/country";
  }
  return null;
}
