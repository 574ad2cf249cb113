/**
 * Categories of personal data, by Fideslang key (ethyca/fideslang data categories 3.x) where one exists and `parcel.*` where
 * none does, with the two letters that stand for each in a token.
 */
export const categories = {
  name: { key: "user.name", letters: "nm", deterministic: false },
  organisation: { key: "user.job.organization", letters: "og", deterministic: false },
  street: { key: "user.contact.address.street", letters: "st", deterministic: false },
  city: { key: "user.contact.address.city", letters: "ct", deterministic: false },
  region: { key: "user.contact.address.state", letters: "rg", deterministic: false },
  postalCode: { key: "user.contact.address.postal_code", letters: "pc", deterministic: false },
  phone: { key: "user.contact.phone_number", letters: "ph", deterministic: true },
  email: { key: "user.contact.email", letters: "em", deterministic: true },
  customerId: { key: "user.unique_id", letters: "cu", deterministic: true },
  location: { key: "user.location", letters: "gp", deterministic: false },
  freeText: { key: "user.content.private", letters: "ft", deterministic: false },
  document: { key: "user.content.document", letters: "dc", deterministic: false },
  accessLink: { key: "parcel.access_link", letters: "al", deterministic: false },
  trackingNumber: { key: "parcel.tracking_number", letters: "tn", deterministic: true },
  orderReference: { key: "parcel.order_reference", letters: "or", deterministic: true },
} as const;

/**
 * Short name of a category. `deterministic` categories are near-unique identifiers: the same value of the same tenant gives the
 * same token. All others get a fresh random token per record, since their skewed frequencies would give them away
 * (EDPB guidelines 01/2025, paragraphs 107 and 116-121).
 */
export type Category = keyof typeof categories;

/** The part a person plays in a shipment. */
export type Role = "recipient" | "payer" | "sender" | "signatory" | "neighbour" | "driver" | "pickup_point";

export const categoryNames = Object.keys(categories) as readonly Category[];

const byLetters: ReadonlyMap<string, Category> = new Map(categoryNames.map((name) => [categories[name].letters, name]));

/** @returns the category whose token letters these are, or null. */
export function categoryOfLetters(letters: string): Category | null {
  return byLetters.get(letters) ?? null;
}
