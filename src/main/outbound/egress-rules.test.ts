import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CarrierClient } from "../../carriers/client.ts";
import type { CoveredValue } from "../../outbound/egress.ts";
import { inspectCall } from "../../outbound/guard/inspect.ts";
import { findTokens } from "../../vault/find-tokens.ts";
import { clients } from "./clients.ts";
import { carrierRules, egressCall } from "./egress-rules.ts";
import { readRegisterFiles } from "./register-files.ts";

const numbersOf = (client: CarrierClient, count: number): readonly string[] =>
  Array.from({ length: Math.min(count, client.batchMax) }, (_, at) => `00340434161094${String(42_557 + at)}`);
/** As a carrier might give them: with characters that URLs, XML and headers write in other ways. */
const credentialsOf = (client: CarrierClient): Readonly<Record<string, string>> =>
  Object.fromEntries(client.credentialFields.map((field, at) => [field, `s3cr3t&${at}/of+${field}=="ä`.replace("ä", "a")]));
const accessToken = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
const nobodyKnown = (): boolean => false;

for (const client of clients.values()) {
  describe(`calls to ${client.source}`, () => {
    const rules = carrierRules(client);
    const credentials = credentialsOf(client);
    const credentialValues: readonly CoveredValue[] = [...Object.values(credentials), accessToken].map((value) => ({
      kind: "credential",
      value,
    }));
    const covered = (numbers: readonly string[]): readonly CoveredValue[] => [
      ...credentialValues,
      ...numbers.map((value): CoveredValue => ({ kind: "release", release: "r1", value })),
    ];
    const trackCall = (numbers: readonly string[], values: readonly CoveredValue[], baseUrl = client.baseUrl) =>
      egressCall("t", client.source, client.trackRequest(numbers, credentials, accessToken, baseUrl), values);

    for (const count of new Set([1, 2, client.batchMax])) {
      test(`pass with ${count} covered numbers`, () => {
        const numbers = numbersOf(client, count);
        assert.deepEqual(inspectCall(trackCall(numbers, covered(numbers)), rules, findTokens, nobodyKnown), []);
      });
    }

    test("pass when they go to another base address", () => {
      const numbers = numbersOf(client, 1);
      assert.deepEqual(inspectCall(trackCall(numbers, covered(numbers), "http://127.0.0.1:4010"), rules, findTokens, nobodyKnown), []);
    });

    test("do not pass with a number that no release covers", () => {
      const numbers = numbersOf(client, 2);
      assert.notDeepEqual(inspectCall(trackCall(numbers, covered(numbers.slice(1))), rules, findTokens, nobodyKnown), []);
    });

    test("do not pass with a credential of somebody else", () => {
      const numbers = numbersOf(client, 1);
      const releases = covered(numbers).filter(({ kind }) => kind === "release");
      assert.notDeepEqual(inspectCall(trackCall(numbers, releases), rules, findTokens, nobodyKnown), []);
    });

    if (client.tokenRequest !== undefined) {
      test("pass when they ask for an access token", () => {
        const call = egressCall("t", client.source, client.tokenRequest!(credentials, client.baseUrl), credentialValues);
        assert.deepEqual(inspectCall(call, rules, findTokens, nobodyKnown), []);
      });
    }

    const { feed } = client;
    if (feed !== undefined) {
      const values = { ...credentials, [feed.credentialField]: "10000001" };
      const call = egressCall("t", client.source, feed.request(Date.UTC(2026, 10, 26), Date.UTC(2026, 10, 27), values, client.baseUrl), [
        ...credentialValues,
        { kind: "credential", value: "10000001" },
      ]);

      test("pass when they ask for what changed", () => {
        assert.deepEqual(inspectCall(call, rules, findTokens, nobodyKnown), []);
      });

      test("do not pass when they ask for what changed of another customer, or with more in the stretch of time than a time", () => {
        for (const url of [
          call.url.replace("10000001", "10000002"),
          `${call.url}%20Ida`,
          call.url.replace(/period=[^&]*/, "period=1987-04-05T00:00:00"),
        ])
          assert.notDeepEqual(inspectCall({ ...call, url }, rules, findTokens, nobodyKnown), [], url);
      });
    }

    test("do not pass with a person's value put where they take a parameter", () => {
      const numbers = numbersOf(client, 1);
      const call = trackCall(numbers, covered(numbers));
      const url = new URL(call.url);
      url.searchParams.append("recipientPostalCode", "10115");
      assert.notDeepEqual(inspectCall({ ...call, url: url.href }, rules, findTokens, nobodyKnown), []);
    });

    test("do not pass with digits of a person's in an id, in a time or in numbers that count", () => {
      const numbers = numbersOf(client, 1);
      const call = trackCall(numbers, covered(numbers));
      for (const accept of ["49176123-4567-4000-8000-000000000000", "2049-01-26T12:34:56.176123Z"])
        assert.notDeepEqual(inspectCall({ ...call, headers: { ...call.headers, accept } }, rules, findTokens, nobodyKnown), [], accept);
      const json = { ...call, headers: { ...call.headers, "content-type": "application/json" }, body: Buffer.from("[176,123,45]") };
      assert.notDeepEqual(inspectCall(json, rules, findTokens, nobodyKnown), []);
    });

    test("go to hosts that the register names", () => {
      const hosts = readRegisterFiles().find(({ source }) => source === client.source)?.hosts ?? [];
      const called = [client.baseUrl, ...(client.tokenRequest === undefined ? [] : [client.tokenRequest(credentials, client.baseUrl).url])];
      for (const url of called) assert.ok(hosts.includes(new URL(url).host), url);
    });
  });
}
