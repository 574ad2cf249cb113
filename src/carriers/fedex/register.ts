import type { RegisterEntry } from "../register.ts";

/** Owner: general knowledge, 2026-11-24. The webhook needs a billing account in the United States. */
export const registerEntry: RegisterEntry = {
  source: "fedex",
  legalName: "Federal Express Corporation",
  country: "US",
  owner: "FedEx Corporation, listed in the United States",
  role: "carrier",
  hosts: ["apis.fedex.com"],
  push: true,
};
