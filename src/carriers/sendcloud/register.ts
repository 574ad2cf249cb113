import type { RegisterEntry } from "../register.ts";

/**
 * Host: sendcloud.dev, API reference, read 2026-11-24. Company and owners: general knowledge of the same day, to be checked against the
 * contract.
 */
export const registerEntry: RegisterEntry = {
  source: "sendcloud",
  legalName: "Sendcloud B.V.",
  country: "NL",
  owner: "privately held; founders and venture investors, some of them outside the EU",
  role: "aggregator",
  hosts: ["panel.sendcloud.sc"],
  push: true,
};
