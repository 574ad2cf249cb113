import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CarrierClient } from "../carriers/client.ts";
import type { CoveredValue } from "../outbound/egress.ts";
import { inspectCall } from "../outbound/guard/inspect.ts";
import { findTokens } from "../vault/find-tokens.ts";
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

    test("do not pass with a person's value put where they take a parameter", () => {
      const numbers = numbersOf(client, 1);
      const call = trackCall(numbers, covered(numbers));
      const url = new URL(call.url);
      url.searchParams.append("recipientPostalCode", "10115");
      assert.notDeepEqual(inspectCall({ ...call, url: url.href }, rules, findTokens, nobodyKnown), []);
    });

    test("go to hosts that the register names", () => {
      const hosts = readRegisterFiles().find(({ source }) => source === client.source)?.hosts ?? [];
      const called = [client.baseUrl, ...(client.tokenRequest === undefined ? [] : [client.tokenRequest(credentials, client.baseUrl).url])];
      for (const url of called) assert.ok(hosts.includes(new URL(url).host), url);
    });
  });
}
