import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { FF1 } from "@noble/ciphers/ff1.js";
import { digitCipherOf, ff1 } from "../../src/vault/format-preserving.ts";

const read = (name: string) => JSON.parse(readFileSync(new URL(`data/${name}`, import.meta.url), "utf8"));
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

interface NistSample {
  readonly sample: number;
  readonly keyHex: string;
  readonly radix: number;
  readonly tweakHex: string;
  readonly plaintext: string;
  readonly ciphertext: string;
}

interface WycheproofCase {
  readonly tcId: number;
  readonly flags: readonly string[];
  readonly key: string;
  readonly tweak: string;
  readonly msg: readonly number[];
  readonly ct: readonly number[];
  readonly result: "valid" | "invalid";
}

describe("NIST's samples of FF1", () => {
  for (const { sample, keyHex, radix, tweakHex, plaintext, ciphertext } of read("nist_ff1_samples.json").samples as NistSample[]) {
    const [message, expected] = [plaintext, ciphertext].map((text) => Array.from(text, (letter) => parseInt(letter, 36))) as [
      number[],
      number[],
    ];
    test(`${sample} holds${tweakHex === "" ? " in the library; here it is refused, having no tweak" : ""}`, () => {
      assert.deepEqual(FF1(radix, hex(keyHex), hex(tweakHex)).encrypt(message), expected);
      if (tweakHex === "") return assert.throws(() => ff1(radix, hex(keyHex), hex(tweakHex)), { code: "no-tweak" });
      const cipher = digitCipherOf("FF1")(radix, hex(keyHex), hex(tweakHex));
      assert.deepEqual(cipher.encrypt(message), expected);
      assert.deepEqual(cipher.decrypt(expected), message);
    });
  }
});

/** How many cases of each kind the files hold, so that none is skipped unseen. Small domains are of 0 to 5 digits, or 0 to 3 letters. */
const expectedCounts = {
  10: { held: 3300, "small-domain": 18, "bad-value": 522, "bad-key": 5, "no-tweak": 0 },
  36: { held: 2459, "small-domain": 12, "bad-value": 378, "bad-key": 5, "no-tweak": 0 },
};

for (const radix of [10, 36] as const) {
  test(`Wycheproof's cases of radix ${radix}: valid ones hold both ways, small domains and invalid input are refused`, () => {
    const { testGroups } = read(`wycheproof_aes_ff1_radix${radix}_test.json`) as {
      testGroups: { radix: number; tests: WycheproofCase[] }[];
    };
    const counts = { held: 0, "small-domain": 0, "bad-value": 0, "bad-key": 0, "no-tweak": 0 };
    for (const { tests } of testGroups) for (const each of tests) counts[check(radix, each)]++;
    assert.deepEqual(counts, expectedCounts[radix]);
  });
}

function check(radix: number, { tcId, flags, key, tweak, msg, ct, result }: WycheproofCase): keyof (typeof expectedCounts)[10] {
  const own = outcome(() => {
    const cipher = ff1(radix, hex(key), hex(tweak));
    const encrypted = cipher.encrypt(msg);
    assert.deepEqual(cipher.decrypt(encrypted), msg, `case ${tcId}`);
    return encrypted;
  });
  if (result === "valid") {
    const library = FF1(radix, hex(key), hex(tweak));
    assert.deepEqual(library.encrypt([...msg]), ct, `case ${tcId}`);
    assert.deepEqual(library.decrypt([...ct]), msg, `case ${tcId}`);
  } else {
    assert.equal(typeof own, "string", `case ${tcId} is refused`);
  }
  if (typeof own !== "string") {
    assert.deepEqual(own, ct, `case ${tcId}`);
    return "held";
  }
  // What is refused without being invalid is a domain below ours, or has no tweak.
  if (result === "valid") assert.ok(own === "no-tweak" || flags.includes("SmallMessageSize"), `case ${tcId}`);
  return own;
}

function outcome(work: () => number[]): number[] | "small-domain" | "bad-value" | "bad-key" | "no-tweak" {
  try {
    return work();
  } catch (error) {
    const { code } = error as { code?: "small-domain" | "bad-value" | "bad-key" | "no-tweak" };
    if (code === undefined || code.startsWith("ERR_")) throw error;
    return code;
  }
}
