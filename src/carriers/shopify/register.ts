import type { RegisterEntry } from "../register.ts";

/**
 * Company and owner: general knowledge, 2026-11-24; merchants in the EEA contract with the Irish company of the group. No hosts: every
 * shop has a name of its own under myshopify.com, and we are sent its orders without ever asking for them.
 */
export const registerEntry: RegisterEntry = {
  source: "shopify",
  legalName: "Shopify International Limited",
  country: "IE",
  owner: "Shopify Inc., Canada; listed in Canada and the United States",
  role: "shop",
  hosts: [],
  push: true,
};
