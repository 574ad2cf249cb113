import assert from "node:assert/strict";
import { test } from "node:test";
import { EgressError, type EgressCall } from "./egress.ts";
import { type GuardParts, GuardedEgress, type Recipient } from "./guarded-egress.ts";
import { commonRules, joinedRules } from "./guard/rules.ts";

const gls: Recipient = {
  hosts: ["api.gls-group.net"],
  path: "public",
  rules: joinedRules(commonRules, { texts: new Set(["track", "trackids"]), formats: [] }),
  label: "gls",
};
const call: EgressCall = {
  tenant: "5b0c3d5e-0000-4000-8000-000000000001",
  recipient: "gls",
  method: "GET",
  url: "https://api.gls-group.net/track/trackids/42424242421",
  headers: { accept: "application/json", authorization: "Bearer s3cr3t-of-the-carrier" },
  body: null,
  covered: [
    { kind: "release", release: "r1", value: "42424242421" },
    { kind: "credential", value: "s3cr3t-of-the-carrier" },
  ],
};

test("sends what is covered to a host of the recipient's", async () => {
  const { egress, seen } = guarded();
  assert.equal((await egress.send(call)).status, 200);
  assert.deepEqual(seen, { sent: 1, refused: [], counted: ["gls answered"] });
});

test("does not ask the vault about calls of constant texts and covered values", async () => {
  const { egress } = guarded({ knownOf: () => Promise.reject(new Error("asked")) });
  assert.equal((await egress.send(call)).status, 200);
});

for (const [what, url] of Object.entries({
  "another host": "https://api.gls-group.example/track",
  "a host below the recipient's": "https://ada.api.gls-group.net/track",
  "a host that begins like the recipient's": "https://api.gls-group.net.evil.example/track",
  "another port": "https://api.gls-group.net:8443/track",
  "the recipient's host as a user": "https://api.gls-group.net@evil.example/track",
  "no URL": "api.gls-group.net",
})) {
  test(`refuses ${what}, and takes it down`, async () => {
    const { egress, seen } = guarded();
    await assert.rejects(egress.send({ ...call, url }), { code: "host-not-registered" });
    assert.deepEqual(seen, { sent: 0, refused: [{ code: "host-not-registered", findings: [] }], counted: ["gls host-not-registered"] });
  });
}

test("refuses a recipient that is not registered", async () => {
  const { egress, seen } = guarded({ recipientOf: async () => null });
  await assert.rejects(egress.send(call), { code: "host-not-registered" });
  assert.deepEqual(seen.counted, ["unknown host-not-registered"]);
});

test("refuses a leak before anything is sent, and takes down kinds and places", async () => {
  const { egress, seen } = guarded();
  const leak = { ...call, url: `${call.url}?name=Ada%20Lovelace&name=Ada%20Lovelace&mail=ada%40host.example` };
  await assert.rejects(egress.send(leak), { code: "leak" });
  assert.equal(seen.sent, 0);
  assert.deepEqual(seen.counted, ["gls leak"]);
  assert.deepEqual(seen.refused, [
    {
      code: "leak",
      findings: [
        { place: "url-query-name", via: [], kind: "unlisted", what: null, count: 3 },
        { place: "url-query-value", via: [], kind: "unlisted", what: null, count: 2 },
        { place: "url-query-value", via: [], kind: "pattern", what: "email", count: 1 },
      ],
    },
  ]);
});

test("refuses a known value in an allowed format", async () => {
  const customer = "0d4f2f3e-5c1b-4d6e-9c3a-7b1f0a2c4e6d";
  const known = {
    knownOf:
      async () =>
      ({ value }: { readonly value: string }) =>
        value === customer,
  };
  await assert.rejects(guarded(known).egress.send({ ...call, url: `https://api.gls-group.net/track/${customer}` }), { code: "leak" });
  assert.equal((await guarded().egress.send({ ...call, url: `https://api.gls-group.net/track/${customer}` })).status, 200);
});

test("sends nothing while the vault cannot be asked", async () => {
  const { egress, seen } = guarded({ knownOf: () => Promise.reject(new Error("away")) });
  const asked = { ...call, url: "https://api.gls-group.net/track/0d4f2f3e-5c1b-4d6e-9c3a-7b1f0a2c4e6d" };
  await assert.rejects(egress.send(asked), { code: "unreachable" });
  assert.equal(seen.sent, 0);
});

test("refuses a leak also when it cannot be taken down, and says so", async () => {
  let failures = 0;
  const { egress, seen } = guarded({ record: { refused: () => Promise.reject(new Error("away")) }, recordFailed: () => failures++ });
  await assert.rejects(egress.send({ ...call, headers: { ...call.headers, "x-name": "Ada Lovelace" } }), { code: "leak" });
  assert.deepEqual([seen.sent, failures], [0, 1]);
});

test("a test host may be called for every recipient, and its content is looked into all the same", async () => {
  const { egress } = guarded({ testHosts: new Set(["127.0.0.1:4010"]) });
  assert.equal((await egress.send({ ...call, url: call.url.replace("https://api.gls-group.net", "http://127.0.0.1:4010") })).status, 200);
  await assert.rejects(egress.send({ ...call, url: "http://127.0.0.1:4010/Ada" }), { code: "leak" });
  await assert.rejects(egress.send({ ...call, url: "http://127.0.0.1:4011/track" }), { code: "host-not-registered" });
});

test("what the recipient does wrong is counted, and a redirect taken down", async () => {
  const { egress, seen } = guarded({ transport: { send: () => Promise.reject(new EgressError("redirect-refused", "")) } });
  await assert.rejects(egress.send(call), { code: "redirect-refused" });
  assert.deepEqual(seen, { sent: 0, refused: [{ code: "redirect-refused", findings: [] }], counted: ["gls redirect-refused"] });
});

function guarded(parts: Partial<GuardParts> = {}) {
  const seen: { sent: number; refused: unknown[]; counted: string[] } = { sent: 0, refused: [], counted: [] };
  const egress = new GuardedEgress({
    recipientOf: async (_, recipient) => (recipient === "gls" ? gls : null),
    knownOf: async () => () => false,
    tokensIn: () => [],
    record: { refused: async ({ code, findings }) => void seen.refused.push({ code, findings }) },
    transport: {
      send: async () => {
        seen.sent++;
        return { status: 200, headers: {}, body: new Uint8Array() };
      },
    },
    testHosts: new Set(),
    counted: (label, outcome) => seen.counted.push(`${label} ${outcome}`),
    recordFailed: () => {},
    ...parts,
  });
  return { egress, seen };
}
