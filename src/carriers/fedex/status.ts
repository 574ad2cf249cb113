import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { record, text } from "../json.ts";
import type { StatusReason } from "../../domain/status.ts";
import { delayReasons, errorCodes, exceptionCodes, statusCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Status of a scan or of the latest status.
 * @param own the part's own code; it goes first, since FedEx derives "in transit" even from "on vehicle for delivery".
 */
export function statusOf(part: Part, own: unknown, derived: unknown): CodedStatus {
  const coded = codedStatus(statusCodes, own) ?? codedStatus(statusCodes, derived) ?? unknownStatus;
  const exception = coded.code === "DE" || coded.code === "SE" ? codedStatus(exceptionCodes, part["exceptionCode"]) : null;
  if (exception !== null) return { ...exception, code: coded.code };
  if (coded.reason !== null || coded.status === "delivered") return coded;
  return { ...coded, reason: delayReason(part) };
}

/** The status of an error in place of a result: what means "no such number" is not found, trouble at FedEx is unknown. */
export function errorStatus(error: Part): CodedStatus {
  return codedStatus(errorCodes, error["code"]) ?? unknownStatus;
}

function delayReason(part: Part): StatusReason | null {
  const delay = record(part["delayDetail"]);
  if (delay["status"] !== "DELAYED") return null;
  return delayReasons.get(text(delay["type"]) ?? "") ?? "carrier:delayed";
}
