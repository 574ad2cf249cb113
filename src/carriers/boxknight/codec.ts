import { bareNotice, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { isRecord, parseJson, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import type { Role } from "../../domain/category.ts";
import type { Notice } from "../../domain/notice.ts";
import { personalField, type PersonalField } from "../../domain/personal.ts";
import { carrierTime, epochTime } from "../../domain/time.ts";
import { orderStatuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * BoxKnight: orders of its API, alone, under `order` or in a list (shape in public clients, read 2026-11-26). An order has one status and no history,
 * and its id is what its tracking page asks for. How its webhooks prove themselves is not published; a secret of ours is asked for.
 */
export const codec: Codec = {
  source: "boxknight",
  title: "BoxKnight",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set(orderStatuses.keys()),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const orders = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  if (!orders.every(isRecord)) return unknownShape;
  return decodedWhole(
    orders.map((order) => orderNotice(isRecord(order["order"]) ? order["order"] : order)),
    null,
  );
}

/** @returns null when there is neither id nor status. */
function orderNotice(order: Part): Notice | null {
  const id = text(order["id"]) ?? text(order["orderId"]);
  const status = text(order["orderStatus"]) ?? text(order["status"]);
  if (id === null || status === null) return null;
  const coded = codedStatus(orderStatuses, status);
  return {
    ...bareNotice("boxknight", id),
    orderReferences: otherNumbers(id, text(order["refNumber"])),
    summary: coded === null ? null : { ...coded, time: carrierTime(order["updatedAt"]) },
    estimatedDelivery: epochTime(order["completeBefore"]) ?? epochTime(order["completeAfter"]),
    fields: fieldsOf(order),
  };
}

/** Labels and photos stay behind their links, in the raw record. */
function fieldsOf(order: Part): readonly PersonalField[] {
  const recipient = record(order["recipient"]);
  const driver = record(order["driver"]);
  return personalFields(
    personalField("name", "recipient", recipient["name"]),
    personalField("phone", "recipient", recipient["phone"]),
    personalField("email", "recipient", recipient["email"]),
    personalField("freeText", "recipient", recipient["notes"]),
    ...addressFields("recipient", record(order["recipientAddress"])),
    personalField("freeText", "recipient", order["notes"]),
    ...addressFields("sender", record(order["originAddress"])),
    personalField("organisation", "sender", order["merchantDisplayName"]),
    personalField("name", "driver", driver["name"]),
    personalField("phone", "driver", driver["phone"]),
    personalField("name", "signatory", order["signedBy"] ?? order["receivedBy"]),
  );
}

function addressFields(role: Role, address: Part): readonly (PersonalField | null)[] {
  const street = [address["unit"], address["number"], address["street"]].map(text).filter((part) => part !== null);
  const { lat, lng } = record(address["location"]);
  const place = [text(lat), text(lng)];
  return [
    personalField("street", role, street.join(" ")),
    personalField("postalCode", role, address["postalCode"]),
    personalField("city", role, address["city"]),
    personalField("region", role, address["sublocality"]),
    personalField("region", role, address["province"]),
    personalField("location", role, place.includes(null) ? null : place.join(",")),
  ];
}
