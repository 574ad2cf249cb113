import type { Config } from "../config/schema.ts";

/** A subnet is a /20: room for the tasks of one zone, and sixteen of them in a network. */
export const subnetMask = 20;

/** The sequencer's are smaller: three zones of the other groups leave one /20, and it is two tasks. */
export function subnetMaskOf(group: (typeof processingSubnets)[number]): number {
  return group === "sequencer" ? 24 : subnetMask;
}

/**
 * Addresses of the front's load balancer, one in each zone, the same in every deployment: the entry is in another account and network, where a load
 * balancer's name says nothing that a target could be. The entry subnets hold nothing else, so nobody takes them first.
 */
export function frontAddresses({ network, zones }: Config): readonly string[] {
  const [a, b] = network.processingCidr.split(".");
  return zones.map((_, zone) => `${a}.${b}.${zone * 2 ** (24 - subnetMask)}.10`);
}

/** Groups of subnets of the processes' network, in the order that they are given their ranges: the entry first, whose addresses are fixed; smaller ones after larger ones, or there would be gaps. */
export const processingSubnets = ["entry", "service", "connector", "data", "front", "sequencer"] as const;

/** Ranges of a group's subnets, one in each zone, as the CDK gives them out: group by group, zone by zone (a test compares). */
export function subnetRanges({ network, zones }: Config, group: (typeof processingSubnets)[number]): readonly string[] {
  const [a, b] = network.processingCidr.split(".");
  /** Of the third number. */
  const stepOf = (each: typeof group): number => 2 ** (24 - subnetMaskOf(each));
  const before = processingSubnets.slice(0, processingSubnets.indexOf(group));
  const first = before.reduce((sum, each) => sum + zones.length * stepOf(each), 0);
  return zones.map((_, zone) => `${a}.${b}.${first + zone * stepOf(group)}.0/${subnetMaskOf(group)}`);
}

/** What the certificate between the entry and the front is for; it resolves in our networks only. */
export function frontHost({ entry }: Config): string {
  return `front.${entry.hostName}`;
}
