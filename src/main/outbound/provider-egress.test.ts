import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EgressError } from "../../outbound/egress.ts";
import { Transport } from "../../outbound/transport.ts";
import { providerFetch } from "./provider-egress.ts";

const get = { method: "GET", headers: {}, body: undefined, redirect: "manual" } as const;
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "answered",
    (error: unknown) => {
      assert.ok(error instanceof TypeError && error.message === "fetch failed", "as Node's own fetch fails");
      assert.ok(error.cause instanceof EgressError);
      return error.cause.code;
    },
  );
/** Every name leads to this address. */
const transportTo = (address: string): Transport =>
  new Transport({ timeoutMs: 200, answerBytesMax: 1_000, connectionsPerHost: 1, resolve: async () => [{ address, family: 4 }] });
const route = { issuer: "https://login.example", hosts: ["keys.example"], path: "public" } as const;
const nowhere: ReadonlySet<string> = new Set();

describe("a call to the sign-in provider", () => {
  test("goes to its own hosts and those that were set, whatever its discovery document names", async () => {
    const asked: string[] = [];
    const transport = {
      send: async ({ url }: { url: string }) => (asked.push(url), { status: 200, headers: {}, body: Buffer.from("{}") }),
    };
    const fetch = providerFetch(route, transport, nowhere);
    for (const url of ["https://login.example/a", "https://keys.example/jwks"]) assert.equal((await fetch(url, get)).status, 200);
    for (const url of ["https://elsewhere.example/jwks", "https://login.example:8443/a", "https://login.example.evil.example/"])
      assert.equal(await codeOf(fetch(url, get)), "host-not-registered", url);
    assert.deepEqual(asked, ["https://login.example/a", "https://keys.example/jwks"]);
  });

  for (const address of ["127.0.0.1", "169.254.169.254", "10.0.0.7", "192.168.1.1"])
    test(`is not made where its name leads to ${address}`, async () => {
      const fetch = providerFetch(route, transportTo(address), nowhere);
      assert.equal(await codeOf(fetch("https://login.example/.well-known/openid-configuration", get)), "address-refused");
    });

  test("goes to one's own network where that was set, and to no machine's own addresses even then", async () => {
    const ours = { ...route, path: "private" } as const;
    assert.notEqual(
      await codeOf(providerFetch(ours, transportTo("10.255.255.1"), nowhere)("https://login.example/", get)),
      "address-refused",
    );
    assert.equal(
      await codeOf(providerFetch(ours, transportTo("169.254.169.254"), nowhere)("https://login.example/", get)),
      "address-refused",
    );
  });

  test("is made over TLS or not at all", async () => {
    assert.equal(await codeOf(providerFetch(route, transportTo("93.184.216.34"), nowhere)("http://login.example/", get)), "tls");
  });
});
