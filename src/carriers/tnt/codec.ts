import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { phraseStatus } from "../phrase-status.ts";
import { child, children, parseXml, text, type XmlElement } from "../xml.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";
import { fieldsOf } from "./fields.ts";
import { descriptions, statusCodes, summaryCodes } from "./statuses.ts";

/**
 * TNT (FedEx): `TrackResponse` of ExpressConnect tracking 3.1, with up to fifty consignments (schema and sample in public clients, read 2026-11-26).
 * A legacy interface; TNT does not push: whoever forwards its answers to us proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "tnt",
  title: "TNT",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["xml"],
  codes: new Set([...summaryCodes.keys(), ...statusCodes.keys(), ...descriptions.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseXml(body);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (root.name !== "TrackResponse") return unknownShape;
  const consignments = children(root, "Consignment");
  // Wrong credentials and the like, without a number.
  if (consignments.length === 0) return child(root, "Error") === null ? unknownShape : decodedWhole([], null);
  const numbers = consignments.map((consignment) => text(consignment, "ConsignmentNumber"));
  return decodedWhole(
    consignments.map((consignment, at) => {
      const isShared = numbers.indexOf(numbers[at]!) !== numbers.lastIndexOf(numbers[at]!);
      return consignmentNotice(consignment, isShared);
    }),
    null,
  );
}

/**
 * @param isShared whether the answer has several consignments under this number: TNT uses numbers again, and day and depot of origin tell them
 * apart.
 * @returns null when there is no number.
 */
function consignmentNotice(consignment: XmlElement, isShared: boolean): Notice | null {
  const trackingNumber = text(consignment, "ConsignmentNumber");
  if (trackingNumber === null) return null;
  const origin = [text(consignment, "CollectionDate"), text(consignment, "OriginDepot")];
  return {
    ...bareNotice("tnt", trackingNumber),
    discriminator: isShared && !origin.includes(null) ? origin.join("|") : null,
    alternativeNumbers: otherNumbers(trackingNumber, text(consignment, "AlternativeConsignmentNumber")),
    orderReferences: otherNumbers(null, text(consignment, "CustomerReference")),
    events: children(consignment, "StatusData").map(eventOf),
    summary: summaryOf(consignment),
    estimatedDelivery: timeOf(text(consignment, "ExpectedDeliveryDate"), null),
    fields: fieldsOf(consignment),
  };
}

/** Day and time of the delivery stand beside a delivered consignment; on others they are a plan or nothing. */
function summaryOf(consignment: XmlElement): SummaryNotice | null {
  const coded = codedStatus(summaryCodes, text(consignment, "SummaryCode"));
  if (coded === null) return null;
  const delivered = coded.status === "delivered" ? timeOf(text(consignment, "DeliveryDate"), text(consignment, "DeliveryTime")) : null;
  return { ...coded, time: delivered };
}

/** The time is that of the depot, whose country is not given. */
function eventOf(status: XmlElement): EventNotice {
  const time = timeOf(text(status, "LocalEventDate"), text(status, "LocalEventTime"));
  const code = text(status, "StatusCode");
  const words = text(status, "StatusDescription");
  return {
    ...(codedStatus(statusCodes, code) ?? phraseStatus(descriptions, words) ?? unknownStatus),
    time,
    country: null,
    identity: identityOf([time?.local, code ?? words, text(status, "Depot")]),
    text: words,
  };
}

/** `20210218` and `1020`. */
function timeOf(day: string | null, clock: string | null): CarrierTime | null {
  if (day === null) return null;
  return carrierTime(`${day}T${(clock ?? "0000").replace(":", "").padStart(4, "0")}`) ?? carrierTime(day);
}
