import { zoned } from "../clock-text.ts";
import type { Happened, Stage } from "../life.ts";
import { after, basicGrant, bearerReply, hasLiveBearer, json, last, type SimulatedCarrier, type Tracked } from "../simulated-carrier.ts";

const statuses: Partial<Record<Stage, readonly [code: string, status: string, description: string]>> = {
  announced: ["INTIAL.PREADVICE", "PREADVICE", "The parcel data was entered into the GLS IT system."],
  accepted: ["INTIAL.NORMAL", "INTRANSIT", "The parcel was handed over to GLS."],
  sorted: ["OUTBOD.NORMAL", "INTRANSIT", "The parcel has left the parcel center."],
  arrived: ["INBOUD.NORMAL", "INTRANSIT", "The parcel has reached the parcel center."],
  out_for_delivery: ["OUTDEL.NORMAL", "INDELIVERY", "The parcel is expected to be delivered during the day."],
  at_pickup: ["DELIVD.PARCELSHOP", "DELIVEREDPS", "The parcel has been delivered at the ParcelShop."],
  collected: ["DELIVD.DEL_BY_PSAPP", "DELIVERED", "The parcel was handed out by the ParcelShop."],
  delivered: ["DELIVD.NORMAL", "DELIVERED", "The parcel has been delivered."],
};

const problem = (status: number, title: string, detail: string) => json({ type: "about:blank", title, status, detail }, status);
const fault = (status: number, faultstring: string, errorcode: string, headers = {}) =>
  json({ fault: { faultstring, detail: { errorcode } } }, status, headers);

/** GLS Group's Track And Trace V1: OAuth, 10 numbers a call, 500 calls a day; its answers name nobody. */
export const gls: SimulatedCarrier = {
  source: "gls",
  batchMax: 10,
  country: "DE",
  credentialFields: ["clientId", "clientSecret"],
  quotas: [{ unit: "calls", count: 500, windowMs: 86_400_000 }],
  stages: new Set(Object.keys(statuses) as Stage[]),
  token: { path: "/oauth2/v2/token", lifeSeconds: 14_400, authorised: basicGrant, reply: bearerReply },
  authorised: (call, _credentials, isLive) => hasLiveBearer(call, isLive),
  asked: ({ path }) => after(path, "/track-and-trace-v1/tracking/simple/trackids/")?.split(",") ?? null,
  answer: (found, missing) =>
    json({
      parcels: [
        ...found.map(parcelOf),
        ...missing.map((requested) => ({ requested, errorCode: "E_404_01", errorMessage: "Resource Not Found" })),
      ],
    }),
  refused: () => fault(401, "The Token has expired: policy(Verify-JWT)", "steps.jwt.TokenExpired"),
  overQuota: (seconds) =>
    fault(429, "Rate limit quota violation. Quota limit  exceeded.", "policies.ratelimit.QuotaViolation", {
      "retry-after": String(seconds),
    }),
  badRequest: () => problem(400, "Bad Request", "Provided references are more than the allowed limit of 10"),
};

function parcelOf({ parcel, happened }: Tracked): object {
  const done = last(happened);
  const withoutColon = (at: Date): string => zoned(at).replace(/:(\d\d)$/, "$1");
  const event = ({ stage, at, place }: Happened): object => {
    const [code, , description] = statuses[stage]!;
    return { code, city: place, postalCode: "", country: "DE", description, eventDateTime: withoutColon(at) };
  };
  return {
    requested: parcel.number,
    unitno: parcel.number,
    status: statuses[done.stage]![1],
    statusDateTime: withoutColon(done.at),
    events: [...happened].reverse().map(event),
  };
}
