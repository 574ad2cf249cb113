import type { RegisterEntry } from "../register.ts";

/**
 * Ship24's terms (ship24.com/terms, read in part 2026-11-24) speak of a "contracting party" that depends on the merchant; its name
 * and seat could not be established. `ZZ`, of the range that ISO 3166-1 leaves to its users, stands for an
 * unknown seat and so for a third country.
 */
export const registerEntry: RegisterEntry = {
  source: "ship24",
  legalName: "Ship24 (company to be taken from the contract)",
  country: "ZZ",
  owner: "unknown, presumably Asia",
  role: "aggregator",
  hosts: ["api.ship24.com"],
  push: true,
};
