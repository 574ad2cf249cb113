import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { parcelStatus } from "../dhl-parcel-de/statuses.ts";
import { text } from "../json.ts";
import { serviceStatuses } from "./service-statuses.ts";
import { statusCodes, statusWords } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Status of an event or of a shipment's status block: by `statusCode`, made finer by what the division says beside it, where the two
 * agree. A parcel in a locker has the `statusCode` "transit" until it is fetched, so only "delivered" and all others exclude each other.
 * @param service which division answered.
 * @param isReturn whether DHL flags the shipment as going back because it could not be delivered: what is "delivered" is then delivered
 * to the sender (DHL developer support, solutions 47001251916 and 47001251142, read 2026-11-24).
 */
export function statusOf(part: Part, service: unknown, isReturn: boolean): CodedStatus {
  const stated = statedStatus(part, service);
  return isReturn && stated.status === "delivered" ? { ...stated, status: "returned", reason: null } : stated;
}

function statedStatus(part: Part, service: unknown): CodedStatus {
  const coded = codedStatus(statusCodes, part["statusCode"]) ?? unknownStatus;
  const event = service === "parcel-de" ? parcelStatus(...statusParts(part["statusDetailed"])) : null;
  if (event !== null && (coded.status === "unknown" || (coded.status === "delivered") === (event.status === "delivered"))) return event;
  const ofService = serviceStatus(part, service);
  if (ofService !== null && (ofService.status !== "delivered" || coded.status === "delivered" || coded.status === "unknown"))
    return ofService;
  const word =
    text(part["status"])
      ?.toUpperCase()
      .replace(/[\s_-]+/g, " ")
      .replace(/\.$/, "") ?? "";
  const finer = statusWords.get(word);
  if (finer === undefined || (coded.status !== "unknown" && coded.code !== finer.within)) return coded;
  return { status: finer.status, reason: finer.reason, code: word };
}

/** A code of the division's own list, in whichever field it stands. One that says nothing of the parcel's whereabouts leaves the word to the `statusCode`. */
function serviceStatus(part: Part, service: unknown): CodedStatus | null {
  const table = serviceStatuses.get(service);
  if (table === undefined) return null;
  for (const value of [part["statusDetailed"], part["status"], part["statusCode"]]) {
    const stated = codedStatus(table, value);
    if (stated !== null && stated.status !== "unknown") return stated;
  }
  return null;
}

/** Event, reason and standard event of DHL Paket, as in `NTDEL_NHOME_ZN`. */
function statusParts(statusDetailed: unknown): [event: unknown, reason: unknown, standard: unknown] {
  const [event, reason, standard] = text(statusDetailed)?.split("_", 3) ?? [];
  return [event, reason, standard];
}
