import type { Category } from "../domain/category.ts";
import { jsonType } from "./call-outcome.ts";
import type { ClientRequest } from "./client.ts";

/** What is handed over to a carrier that has to know more than a number; `docs/handover.md` is its description for carriers. */
export interface Handover {
  /** UUID; the carrier takes the same one once. */
  readonly reference: string;
  readonly purpose: string;
  readonly values: Readonly<Partial<Record<Category, string>>>;
}

/** Fields that say which parcel it is; the others say who gets it. */
const ofParcel: readonly Category[] = ["trackingNumber", "orderReference", "document"];

/** The call. Pure: what it says beside values and reference is the same for everybody. */
export function handoverRequest(url: string, { reference, purpose, values }: Handover): ClientRequest {
  const pick = (isOfParcel: boolean) =>
    Object.fromEntries(Object.entries(values).filter(([field]) => ofParcel.includes(field as Category) === isOfParcel));
  return {
    method: "POST",
    url,
    headers: { accept: jsonType, "content-type": jsonType, "idempotency-key": reference },
    body: JSON.stringify({ reference, purpose, parcel: pick(true), recipient: pick(false) }),
    literals: [jsonType],
  };
}
