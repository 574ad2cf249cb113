import type { RegisterEntry } from "../register.ts";

/**
 * Host: developer.postnl.nl, ShippingStatus, read 2026-11-24. Owner: press release of VESA of 2022-11-24 (29.9 %), to be checked for
 * later changes. The contract may name a subsidiary.
 */
export const registerEntry: RegisterEntry = {
  source: "postnl",
  legalName: "PostNL N.V.",
  country: "NL",
  owner: "listed in the Netherlands; VESA Equity Investment (Luxembourg) about 30 %",
  role: "carrier",
  hosts: ["api.postnl.nl"],
  push: false,
};
