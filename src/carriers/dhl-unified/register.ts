import type { RegisterEntry } from "../register.ts";

/**
 * One interface in front of many companies of the group; the parcel itself may be with another of them, in or outside the EU. Host:
 * developer.dhl.com, Shipment Tracking - Unified, read 2026-11-24. Owner: press reports of KfW's sale of 2024-02, to be checked.
 */
export const registerEntry: RegisterEntry = {
  source: "dhl-unified",
  legalName: "Deutsche Post AG (DHL Group)",
  country: "DE",
  owner: "listed in Germany; KfW, owned by the German state, about 16.5 %",
  role: "carrier",
  hosts: ["api-eu.dhl.com"],
  push: true,
};
