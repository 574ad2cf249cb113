import type { RegisterEntry } from "../register.ts";

/**
 * Company: aftership.com/legal, privacy policy of 2025-04-24, read 2026-11-24. The contract names the group's company for the
 * merchant's country, which may be another one; our notes put the group in Singapore and Hong Kong.
 */
export const registerEntry: RegisterEntry = {
  source: "aftership",
  legalName: "Automizely Pte. Ltd. (AfterShip)",
  country: "SG",
  owner: "AfterShip group, privately held, Singapore and Hong Kong",
  role: "aggregator",
  hosts: ["api.aftership.com"],
  push: true,
};
