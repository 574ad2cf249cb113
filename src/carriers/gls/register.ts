import type { RegisterEntry } from "../register.ts";

/**
 * Host: GLS Group's OpenAPI description "Track And Trace V1" 1.0.7, read 2026-11-24 in a public mirror. Owner: our notes of the same
 * day (sale of IDS approved 2024-12, closed 2025), to be checked. National GLS companies have hosts and contracts of their own.
 */
export const registerEntry: RegisterEntry = {
  source: "gls",
  legalName: "General Logistics Systems B.V.",
  country: "NL",
  owner: "International Distribution Services, owned by EP Group (Czechia)",
  role: "carrier",
  hosts: ["api.gls-group.net"],
  push: false,
};
