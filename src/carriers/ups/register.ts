import type { RegisterEntry } from "../register.ts";

/** Owner: general knowledge, 2026-11-24. Hosts: UPS-API/api-documentation, Tracking.yaml, read the same day. */
export const registerEntry: RegisterEntry = {
  source: "ups",
  legalName: "United Parcel Service, Inc.",
  country: "US",
  owner: "listed in the United States",
  role: "carrier",
  hosts: ["onlinetools.ups.com"],
  push: true,
};
