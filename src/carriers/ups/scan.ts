import { text } from "../json.ts";
import { carrierTime, type CarrierTime } from "../../domain/time.ts";

/** A UPS clock reading: `YYYYMMDD` and `HHMMSS`, whose leading zeros UPS sometimes drops (`74700` in its own Tracking.yaml). */
export function clock(date: unknown, time: unknown, zone = ""): CarrierTime | null {
  const day = text(date);
  const hour = text(time);
  return day === null || hour === null ? null : carrierTime(`${day}T${hour.padStart(6, "0")}${zone}`);
}

/**
 * When a scan happened. The GMT pair fixes it; an offset beside the local pair does too; the local pair alone does not.
 * No offset is derived from the distance of the two pairs: in UPS's own first Track Alert example the GMT pair is five hours
 * before the local one, in the United States.
 * @param offset `-05:00` in Track answers, `-04.00` in enhanced Track Alert.
 */
export function scanTime(gmtDate: unknown, gmtTime: unknown, date: unknown, time: unknown, offset: unknown): CarrierTime | null {
  const zone = text(offset)?.replace(".", ":") ?? "";
  return clock(gmtDate, gmtTime, "Z") ?? clock(date, time, zone) ?? clock(date, time);
}

/** The same scan gives the same identity in a Track Alert push and in a Track answer; the wording differs between the two. */
export function scanIdentity(
  date: unknown,
  time: unknown,
  status: Readonly<Record<string, unknown>>,
  city: unknown,
  country: unknown,
): string {
  const code = text(status["code"]) ?? text(status["description"]);
  const parts = [text(date), text(time)?.padStart(6, "0"), text(status["type"]), code, text(city)?.toUpperCase(), text(country)];
  return parts.map((part) => part ?? "").join("|");
}
