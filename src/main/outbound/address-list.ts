import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Addresses and CIDR blocks that an endpoint trusts. @throws {RangeError} for anything else. */
export function addressList(entries: readonly string[]): (address: string) => boolean {
  const blocks = new BlockList();
  for (const entry of entries) {
    const [address, bits] = entry.split("/") as [string, string | undefined];
    const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : null;
    const most = family === "ipv4" ? 32 : 128;
    const length = bits === undefined ? most : Number(bits);
    if (family === null || !Number.isInteger(length) || length < 0 || length > most) throw new RangeError("not an address or CIDR block");
    blocks.addSubnet(address, length, family);
  }
  return (address) => {
    const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
    return blocks.check(plain, isIPv4(plain) ? "ipv4" : "ipv6");
  };
}
