import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/schema.ts";

const registers = join(import.meta.dirname, "..", "..", "registers");

/**
 * Hosts that the firewall lets calls through to: those that the configuration names, and those that the carrier register names for the carriers on the public path. The register is the
 * same that the program's egress guard reads, so neither allows what the other does not.
 * @throws {RangeError} when a configured carrier has no register entry or no host there: nothing could be asked.
 */
export function publicHosts({ carriers, otherHosts }: Pick<Config, "carriers" | "otherHosts">): readonly string[] {
  const hosts = Object.entries(carriers).flatMap(([source, { path }]) => (path === "public" ? hostsOf(source) : []));
  return [...new Set([...hosts, ...otherHosts])].sort();
}

/** Hosts of the operators' identity provider: the front alone calls them. */
export function signInHosts({ signIn }: Pick<Config, "signIn">): readonly string[] {
  return signIn === null ? [] : [...new Set([new URL(signIn.issuer).hostname, ...signIn.hosts])].sort();
}

/** Hosts that calls go to by an endpoint of ours. */
export function privateHosts({ carriers }: Pick<Config, "carriers">): readonly string[] {
  return Object.values(carriers).flatMap((carrier) => (carrier.path === "private-link" ? carrier.hosts : []));
}

/** Hosts of carriers at the end of a line or a tunnel: the register names them, routes lead to them. */
export function lineHosts({ carriers }: Pick<Config, "carriers">): readonly string[] {
  return Object.entries(carriers).flatMap(([source, carrier]) => ("cidrs" in carrier ? hostsOf(source) : []));
}

function hostsOf(source: string): readonly string[] {
  const entry = readEntry(source);
  if (!Array.isArray(entry.hosts) || entry.hosts.length === 0)
    throw new RangeError(`carriers.${source}: the register names no host for it`);
  return entry.hosts as readonly string[];
}

function readEntry(source: string): { readonly hosts?: unknown } {
  try {
    return JSON.parse(readFileSync(join(registers, `${source}.json`), "utf8")) as { readonly hosts?: unknown };
  } catch (cause) {
    throw new RangeError(`carriers.${source}: no such entry in the carrier register`, { cause });
  }
}
