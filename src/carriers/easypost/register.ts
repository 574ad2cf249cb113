import type { RegisterEntry } from "../register.ts";

/** Company: legal.easypost.com, Master Customer Agreement of 2025-09-25, read 2026-11-24. The owners are not published. */
export const registerEntry: RegisterEntry = {
  source: "easypost",
  legalName: "Simpler Postage, Inc. (doing business as EasyPost)",
  country: "US",
  owner: "privately held in the United States",
  role: "aggregator",
  hosts: ["api.easypost.com"],
  push: true,
};
