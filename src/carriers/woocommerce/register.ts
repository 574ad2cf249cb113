import type { RegisterEntry } from "../register.ts";

/**
 * WooCommerce is a plugin that runs on the merchant's own server: who sends is the merchant, or their host, and no company stands between.
 * `ZZ`, of the range that ISO 3166-1 leaves to its users, stands for a seat that is not ours to know. No hosts: the shop sends, and is
 * never asked.
 */
export const registerEntry: RegisterEntry = {
  source: "woocommerce",
  legalName: "the merchant (WooCommerce runs on the merchant's own server)",
  country: "ZZ",
  owner: "the merchant; the software is published by Automattic Inc., United States, which has no part in the sending",
  role: "shop",
  hosts: [],
  push: true,
};
