import { BlockList, isIPv4, isIPv6 } from "node:net";

/**
 * Addresses that are not the public internet's: IANA, "IPv4 Special-Purpose Address Registry" and "IPv6 Special-Purpose Address Registry", with multicast
 * (RFC 5771, RFC 4291), and whatever wraps an IPv4 address in an IPv6 one (mapped, NAT64, 6to4, Teredo), since what it leads to is somebody else's to say.
 */
const never: readonly (readonly [network: string, prefix: number])[] = [
  ["0.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["::", 96],
  ["::ffff:0:0", 96],
  ["::ffff:0:0:0", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 63],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];

/** Those of a company's own network (RFC 1918, RFC 4193), where a private connection leads. */
const privateOnly: readonly (readonly [network: string, prefix: number])[] = [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["fc00::", 7],
];

const neverList = listOf(never);
const privateList = listOf(privateOnly);

/**
 * Whether a call may go to an address.
 * @param path how the recipient is reached, by its register entry: a private path may lead to a private address, and a public one may not.
 */
export function mayConnect(address: string, path: "public" | "private"): boolean {
  const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : null;
  // A zone (`fe80::1%eth0`) names a link; no public address has one.
  if (family === null || address.includes("%") || neverList[family].check(address, family)) return false;
  return path === "private" || !privateList[family].check(address, family);
}

/** One for each family: a list of both takes a mapped address for the IPv4 one that it holds. */
function listOf(networks: readonly (readonly [string, number])[]): Readonly<Record<"ipv4" | "ipv6", BlockList>> {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const [network, prefix] of networks) {
    const family = isIPv4(network) ? "ipv4" : "ipv6";
    lists[family].addSubnet(network, prefix, family);
  }
  return lists;
}
