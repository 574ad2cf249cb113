import type { Config } from "../config/schema.ts";

/** Every subnet is a /20: room for the tasks of one zone, and sixteen of them in a network. */
export const subnetMask = 20;

/**
 * Addresses of the front's load balancer, one in each zone, the same in every deployment: the entry is in another account and network, where a load
 * balancer's name says nothing that a target could be. The entry subnets hold nothing else, so nobody takes them first.
 */
export function frontAddresses({ network, zones }: Config): readonly string[] {
  const [a, b] = network.processingCidr.split(".");
  return zones.map((_, zone) => `${a}.${b}.${zone * 2 ** (24 - subnetMask)}.10`);
}

/** Groups of subnets of the processes' network, in the order that they are given their ranges: the entry first, whose addresses are fixed. */
export const processingSubnets = ["entry", "service", "connector", "data", "front"] as const;

/** Ranges of a group's subnets, one in each zone, as the CDK gives them out: group by group, zone by zone (a test compares). */
export function subnetRanges({ network, zones }: Config, group: (typeof processingSubnets)[number]): readonly string[] {
  const [a, b] = network.processingCidr.split(".");
  const first = processingSubnets.indexOf(group) * zones.length;
  return zones.map((_, zone) => `${a}.${b}.${(first + zone) * 2 ** (24 - subnetMask)}.0/${subnetMask}`);
}

/** What the certificate between the entry and the front is for; it resolves in our networks only. */
export function frontHost({ entry }: Config): string {
  return `front.${entry.hostName}`;
}
