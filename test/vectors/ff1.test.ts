import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { FF1 } from "@noble/ciphers/ff1.js";
import fc from "fast-check";
import { digitCipherOf, ff1 } from "../../src/vault/format-preserving.ts";
import { ff1Reference } from "./ff1-reference.ts";

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

interface AcvpGroup {
  readonly alphabet: string;
  readonly radix: number;
  readonly tests: readonly {
    readonly tcId: number;
    readonly tweak: string;
    readonly pt: string;
    readonly key: string;
    readonly ct: string;
  }[];
}

for (const { alphabet, radix, tests } of read("acvp_aes_ff1.json").testGroups as AcvpGroup[]) {
  test(`ACVP's sample cases of radix ${radix} hold both ways`, () => {
    for (const { tcId, tweak, pt, key, ct } of tests) {
      const [plain, expected] = [pt, ct].map((text) => Array.from(text, (letter) => alphabet.indexOf(letter))) as [number[], number[]];
      assert.deepEqual(ff1Reference(radix, hex(key), hex(tweak), plain, "encrypt"), expected, `case ${tcId}`);
      if (tweak === "") assert.throws(() => ff1(radix, hex(key), hex(tweak)), { code: "no-tweak" });
      else {
        const cipher = ff1(radix, hex(key), hex(tweak));
        assert.deepEqual([cipher.encrypt(plain), cipher.decrypt(expected)], [expected, plain], `case ${tcId}`);
      }
    }
  });
}

test("FF1 is that of the standard's text, for every radix, key length and length from a million values on", () => {
  const bytes = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max });
  const keys = fc.constantFrom(16, 24, 32).chain((length) => bytes(length, length));
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 36 }),
      keys,
      bytes(1, 40),
      fc.infiniteStream(fc.nat(35)),
      fc.nat(60),
      (radix, key, tweak, stream, more) => {
        const length = Math.ceil(Math.log(1_000_000) / Math.log(radix)) + 1 + more;
        const digits = Array.from({ length }, () => (stream.next().value as number) % radix);
        const cipher = ff1(radix, key, tweak);
        assert.deepEqual(cipher.encrypt(digits), ff1Reference(radix, key, tweak, digits, "encrypt"));
        assert.deepEqual(cipher.decrypt(digits), ff1Reference(radix, key, tweak, digits, "decrypt"));
      },
    ),
    { numRuns: 200 },
  );
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
