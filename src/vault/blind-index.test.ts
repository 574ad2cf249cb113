import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { subkey } from "../domain/keyed-hash.ts";
import { blindIndexBytes, indexKeys, indexStep, type IndexVersion, normalised } from "./blind-index.ts";
import type { SealingKeys } from "./keys/provider.ts";

const root = Buffer.alloc(32, 7);
const labels: string[] = [];
const keysOf = (tenant: string) =>
  indexKeys(
    {
      derive: async (label: string) => {
        labels.push(label);
        return subkey(root, label);
      },
    } as SealingKeys,
    tenant,
  );

test("the forms in which people write one thing are one", () => {
  assert.equal(normalised("email", " Ida@Beispiel.TEST\n"), "ida@beispiel.test");
  assert.equal(normalised("phone", "0049 (151) 234-567"), "+49151234567");
  assert.equal(normalised("phone", "+49 151 234567"), "+49151234567");
  assert.equal(normalised("phone", "151 00 23"), "1510023");
  assert.equal(normalised("trackingNumber", " jjd0 1-23 "), "JJD0123");
  assert.equal(normalised("trackingNumber", "420 12345 9400111899223033019889"), "9400111899223033019889");
  assert.equal(normalised("orderReference", " A-1 b "), "A-1 b");
  assert.equal(normalised("customerId", " c 7 "), "c 7");
  assert.equal(normalised("name", "  Ida \t Musterweg "), "ida musterweg");
});

test("an index value is HMAC-SHA-256 of category and value under the tenant's key, cut to 16 bytes", async () => {
  const keys = await keysOf("t-1");
  const key = subkey(
    root,
    labels.find((label) => label.startsWith("blind-index|"))!,
  );
  const full = createHmac("sha256", key).update("email|ida@beispiel.test").digest();
  const blind = keys.blind("email", "Ida@beispiel.test");
  assert.equal(blind.length, blindIndexBytes);
  assert.deepEqual(Buffer.from(blind, "latin1"), full.subarray(0, 16));
});

test("tenants, categories and uses have nothing in common", async () => {
  const [one, other] = [await keysOf("t-1"), await keysOf("t-2")];
  assert.notEqual(one.blind("email", "x"), other.blind("email", "x"));
  assert.notEqual(one.blind("email", "x"), one.blind("customerId", "x"));
  assert.notEqual(one.fingerprint("x"), other.fingerprint("x"));
  assert.notEqual(one.dedupe("e1", "x"), one.dedupe("e2", "x"));
  assert.match(one.fingerprint("x"), /^[0-9a-f]{24}$/);
  assert.equal(one.dedupe("e1", "x").length, 16);
  assert.ok(labels.every((label) => /\|t-[12]\|/.test(label)));
  assert.equal(new Set(labels.filter((label) => label.includes("t-1"))).size, 3);
});

test("a later version of the index key is a hash over the entry before it; while entries move, both are known", async () => {
  const derived: string[] = [];
  const derive = async (label: string, epoch = 1): Promise<Buffer> => {
    derived.push(`${label}|root ${epoch}`);
    return subkey(root, `${label}|${epoch}`);
  };
  const at = (...versions: IndexVersion[]) => indexKeys({ derive }, "tenant-a", versions);
  const second = { version: 2, rootEpoch: 3, isMoving: false };
  const third = { version: 3, rootEpoch: 4, isMoving: true };
  const [one, two, three] = [await at(), await at(second), await at(second, third)];
  const blinds = [one, two, three].map((keys) => keys.blind("email", "ida@beispiel.test"));
  assert.equal(new Set(blinds).size, 3);
  assert.deepEqual([one.version, two.version, three.version], [1, 2, 3]);
  assert.deepEqual(
    [one, two, three].map((keys) => keys.formerBlind("email", "IDA@beispiel.test")),
    [null, null, blinds[1]],
  );
  for (const keys of [one, two, three]) assert.equal(keys.firstBlind("email", "ida@beispiel.test"), blinds[0]);
  const step = await indexStep({ derive }, "tenant-a", third);
  assert.equal(step(Buffer.from(blinds[1]!, "latin1")), blinds[2]);
  assert.equal(blinds[2]!.length, blindIndexBytes);
  assert.ok(derived.includes("blind-index|tenant-a|v2|root 3") && derived.includes("blind-index|tenant-a|v3|root 4"));
  const other = await indexKeys({ derive }, "tenant-b", [second]);
  assert.notEqual(other.blind("email", "ida@beispiel.test"), blinds[1]);
});
