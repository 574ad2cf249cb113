import { codedStatus, unknownStatus, type CodedStatus } from "../coded-status.ts";
import { activityCodes, activityTypes, packageStatusCodes } from "./statuses.ts";

/**
 * Reads a UPS status object, finest level that we know first: activity code, then package status code, then type. Track answers
 * call the second `statusCode`, Track Alert calls it `descriptionCode`.
 */
export function statusOf(status: Readonly<Record<string, unknown>>): CodedStatus {
  return (
    codedStatus(activityCodes, status["code"]) ??
    codedStatus(packageStatusCodes, status["statusCode"] ?? status["descriptionCode"]) ??
    codedStatus(activityTypes, status["type"]) ??
    unknownStatus
  );
}
