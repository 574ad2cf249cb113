import { zoned } from "../clock-text.ts";
import type { Stage } from "../life.ts";
import { after, bearerOf, json, last, type SimulatedCarrier, type Tracked } from "../simulated-carrier.ts";

/** Statuses of ShipX, in answers and pushes alike. */
export const inpostStatuses: Partial<Record<Stage, string>> = {
  announced: "confirmed",
  accepted: "collected_from_sender",
  sorted: "adopted_at_sorting_center",
  arrived: "adopted_at_target_branch",
  out_for_delivery: "out_for_delivery",
  at_pickup: "ready_to_pickup",
  collected: "delivered",
  delivered: "delivered",
};

const problem = (status: number, error: string, message: string, headers = {}) =>
  json({ status, error, message, details: {} }, status, headers);

/** InPost's ShipX: a bearer token that is given out by hand, one number a call; its answers name nobody. */
export const inpost: SimulatedCarrier = {
  source: "inpost",
  batchMax: 1,
  country: "PL",
  credentialFields: ["accessToken"],
  quotas: [],
  stages: new Set(Object.keys(inpostStatuses) as Stage[]),
  authorised: (call, { accessToken }) => bearerOf(call) === accessToken,
  asked: ({ path }) => {
    const number = after(path, "/v1/tracking/");
    return number === null ? null : [number];
  },
  answer: ([found]) => (found === undefined ? problem(404, "resource_not_found", "Parcel was not found.") : json(tracking(found))),
  refused: () => problem(401, "unauthorized", "Access to the resource requires authentication."),
  overQuota: (seconds) => problem(429, "too_many_requests", "Too many requests.", { "retry-after": String(seconds) }),
  badRequest: () => problem(400, "validation_failed", "There are some validation errors."),
};

function tracking({ parcel, happened }: Tracked): object {
  const done = last(happened);
  return {
    tracking_number: parcel.number,
    service: "inpost_locker_standard",
    type: "inpost_locker_standard",
    status: inpostStatuses[done.stage],
    custom_attributes: {
      size: "A",
      target_machine_id: "ZMY01M",
      target_machine_detail: { name: "ZMY01M", address: { line1: "aleja Senna 1" } },
    },
    tracking_details: [...happened]
      .reverse()
      .map(({ stage, at }) => ({ status: inpostStatuses[stage], origin_status: "ABC", agency: null, location: null, datetime: zoned(at) })),
    expected_flow: [],
    created_at: zoned(happened[0]!.at),
    updated_at: zoned(done.at),
  };
}
