import assert from "node:assert/strict";
import { test } from "node:test";
import { mayConnect } from "./addresses.ts";

const refused = [
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "100.64.0.1",
  "100.127.255.254",
  "127.0.0.1",
  "127.255.255.255",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.8",
  "192.168.1.1",
  "198.18.0.1",
  "224.0.0.1",
  "239.255.255.255",
  "255.255.255.255",
  "::",
  "::1",
  "::7f00:1",
  "::ffff:127.0.0.1",
  "::ffff:8.8.8.8",
  "0:0:0:0:0:ffff:0a00:0001",
  "64:ff9b::7f00:1",
  "64:ff9b::808:808",
  "64:ff9b:1::1",
  "2001::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "fc00::1",
  "fd12:3456:789a::1",
  "fe80::1",
  "fe80::1%eth0",
  "fec0::1",
  "ff02::1",
  "localhost",
  "127.1",
  "0x7f000001",
  "2130706433",
  "",
];
for (const address of refused)
  test(`does not connect to ${address === "" ? "nothing" : address}`, () => assert.equal(mayConnect(address, "public"), false));

for (const address of [
  "8.8.8.8",
  "100.63.255.255",
  "100.128.0.1",
  "172.15.0.1",
  "172.32.0.1",
  "2a00:1450:4001:800::200e",
  "2606:4700::1111",
])
  test(`connects to ${address}`, () => assert.equal(mayConnect(address, "public"), true));

test("connects to a private address where the recipient is reached by a private path, and never to this machine or its link", () => {
  for (const address of ["10.0.0.1", "172.16.0.1", "192.168.1.1", "fd00::1"]) assert.equal(mayConnect(address, "private"), true, address);
  for (const address of ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "::ffff:10.0.0.1", "100.64.0.1"])
    assert.equal(mayConnect(address, "private"), false, address);
});
