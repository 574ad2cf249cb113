import assert from "node:assert/strict";
import { test } from "node:test";
import { callerAddress } from "./caller-address.ts";

const peer = "10.0.0.9";
const asked = (hops: number, forwarded?: string): string =>
  callerAddress(hops)({ ip: peer, headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } });

test("without proxies of ours whoever connects is the caller, whatever the header says", () => {
  assert.equal(asked(0, "198.51.100.7"), peer);
});

test("behind one proxy the caller is whom it names, and not whom the caller names before", () => {
  assert.equal(asked(1, "198.51.100.7"), "198.51.100.7");
  assert.equal(asked(1, "203.0.113.1, 198.51.100.7"), "198.51.100.7");
  assert.equal(asked(1, "203.0.113.1,203.0.113.2,  2001:db8::7"), "2001:db8::7");
});

test("behind two proxies the entry of the outer one counts", () => {
  assert.equal(asked(2, "203.0.113.1, 198.51.100.7, 10.0.0.1"), "198.51.100.7");
});

test("a request that came past a proxy, or names no address, is whose connection it is", () => {
  assert.equal(asked(1), peer);
  assert.equal(asked(2, "203.0.113.1"), peer);
  for (const wrong of ["", "unknown", "198.51.100.7:443", "_hidden", "198.51.100", "203.0.113.1,"])
    assert.equal(asked(1, wrong), peer, wrong);
});
