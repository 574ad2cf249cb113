import type { RegisterEntry } from "../register.ts";

/** Company: bpostgroup.com, bylaws and charters, read 2026-11-24. Host: public clients of the Track API. Owner: press of 2020-12 (51.04 %). */
export const registerEntry: RegisterEntry = {
  source: "bpost",
  legalName: "bpost NV/SA",
  country: "BE",
  owner: "listed in Belgium; the Belgian state about 51 %",
  role: "carrier",
  hosts: ["api.parcel.bpost.cloud"],
  push: false,
};
