import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import {
  contextBytes,
  type KeyContext,
  KeyError,
  keyPurposes,
  type OpeningKeys,
  rootOf,
  type SealingKeys,
  type SigningKeys,
} from "./provider.ts";
import { rewrap } from "./rewrap.ts";
import { isSignatureOf } from "./signature.ts";

/** The halves of one provider, and what the suite has to know of it. */
export interface ProviderUnderTest {
  readonly sealing: SealingKeys;
  /** Of both roots, as the opener holds it. */
  readonly opening: OpeningKeys;
  /** Of the root of tracking numbers alone, as the outbound process holds it. */
  readonly resolving: OpeningKeys;
  readonly signing: SigningKeys;
  /** The kinds of bytes that a wrap is made of, with a position of each; those of an opaque wrap are its first, middle and last. */
  readonly byteClasses: (wrapped: Uint8Array) => Readonly<Record<string, number>>;
  /**
   * What somebody who controls a sealing process does to open a wrap: uses whatever its file, login or role reaches.
   * @returns the data key where that succeeds; null or a throw is what the suite wants.
   */
  readonly openWithSealingPowers: (wrapped: Uint8Array, context: KeyContext) => Promise<Uint8Array | null>;
  /** The same of somebody who controls the outbound process. */
  readonly openWithResolvingPowers: (wrapped: Uint8Array, context: KeyContext) => Promise<Uint8Array | null>;
}

/** Roots that the suite may move on: `make` gives fresh halves that see what was done before. */
export interface RootsUnderTest {
  make(): Promise<ProviderUnderTest>;
  /** Adds an epoch and makes it the current one. @returns it. */
  addEpoch(): Promise<number>;
  /** Retires the epochs before this one. */
  retireBefore(epoch: number): Promise<void>;
}

const contextOf = (epoch: number): KeyContext => ({ tenant: "4f1dcc16-9b5b-43aa-892e-d28f71ac7047", purpose: "raw-records", epoch });

const isCode = (code: KeyError["code"]) => (error: unknown) => error instanceof KeyError && error.code === code;
const isRefused = isCode("refused-wrap");

/**
 * What every adapter of the key port must do. The tests run in this order on one set of roots, since epochs only go forward; `roots` is asked for when
 * the first of them runs.
 */
export function keyProviderContract(name: string, roots: () => Promise<RootsUnderTest>): void {
  let held: Promise<RootsUnderTest> | null = null;
  const rootsUnderTest = (): Promise<RootsUnderTest> => (held ??= roots());
  const make = async (): Promise<ProviderUnderTest> => (await rootsUnderTest()).make();
  const sentence = (text: string, run: () => Promise<void>): void => void test(`${name}: ${text}`, run);

  sentence("unwraps what it generated, for every purpose", async () => {
    const { sealing, opening } = await make();
    for (const purpose of keyPurposes) {
      const context = { ...contextOf(sealing.currentEpoch), purpose };
      const { plaintext, wrapped } = await sealing.generateDataKey(context);
      assert.equal(plaintext.length, 32);
      assert.ok(wrapped.length <= 1024);
      assert.deepEqual(await opening.unwrap(wrapped, context), plaintext);
    }
  });

  sentence("opens by the resolving half what is of its root, and nothing else with all that it reaches", async () => {
    const { sealing, resolving, openWithResolvingPowers } = await make();
    for (const purpose of keyPurposes) {
      const context = { ...contextOf(sealing.currentEpoch), purpose };
      const { plaintext, wrapped } = await sealing.generateDataKey(context);
      if (rootOf[purpose] === "resolving") {
        assert.deepEqual(await resolving.unwrap(wrapped, context), plaintext);
        continue;
      }
      await assert.rejects(resolving.unwrap(wrapped, context), KeyError);
      assert.notDeepEqual(await openWithResolvingPowers(wrapped, context).catch(() => null), plaintext);
    }
  });

  sentence("never generates the same key or wrap twice", async () => {
    const { sealing } = await make();
    const context = contextOf(sealing.currentEpoch);
    const [one, two] = [await sealing.generateDataKey(context), await sealing.generateDataKey(context)];
    assert.notDeepEqual(one.plaintext, two.plaintext);
    assert.notDeepEqual(one.wrapped, two.wrapped);
  });

  sentence("wraps a key that exists, each time otherwise, and leaves it to its owner", async () => {
    const { sealing, opening } = await make();
    const context = contextOf(sealing.currentEpoch);
    const dataKey = Buffer.alloc(32, 7);
    const [one, two] = [await sealing.wrap(dataKey, context), await sealing.wrap(dataKey, context)];
    assert.notDeepEqual(one, two);
    assert.deepEqual(dataKey, Buffer.alloc(32, 7));
    for (const wrapped of [one, two]) assert.deepEqual(await opening.unwrap(wrapped, context), dataKey);
  });

  sentence("refuses the wrap of another tenant or purpose", async () => {
    const { sealing, opening } = await make();
    const context = contextOf(sealing.currentEpoch);
    const { wrapped } = await sealing.generateDataKey(context);
    await assert.rejects(opening.unwrap(wrapped, { ...context, tenant: "00000000-0000-0000-0000-000000000000" }), isRefused);
    await assert.rejects(opening.unwrap(wrapped, { ...context, purpose: "personal-values" }), isRefused);
  });

  sentence("refuses a wrap with a byte changed, whatever the byte is of", async () => {
    const { sealing, opening, byteClasses } = await make();
    const context = contextOf(sealing.currentEpoch);
    const { wrapped } = await sealing.generateDataKey(context);
    for (const [kind, at] of Object.entries(byteClasses(wrapped))) {
      for (const bit of [0x01, 0x80]) {
        const changed = Buffer.from(wrapped);
        changed[at]! ^= bit;
        await assert.rejects(opening.unwrap(changed, context), isRefused, `${kind}, bit ${bit}`);
      }
    }
  });

  sentence("refuses a wrap that is cut short, lengthened, empty or made up", async () => {
    const { sealing, opening } = await make();
    const context = contextOf(sealing.currentEpoch);
    const { wrapped } = await sealing.generateDataKey(context);
    const wrong = [
      wrapped.subarray(1),
      wrapped.subarray(0, -1),
      Buffer.concat([wrapped, Buffer.alloc(1)]),
      Buffer.alloc(0),
      Buffer.alloc(wrapped.length),
    ];
    for (const bytes of wrong) await assert.rejects(opening.unwrap(bytes, context), isRefused, `${bytes.length} bytes`);
  });

  sentence("puts two wraps' parts together for nobody", async () => {
    const { sealing, opening } = await make();
    const context = contextOf(sealing.currentEpoch);
    const [one, two] = [(await sealing.generateDataKey(context)).wrapped, (await sealing.generateDataKey(context)).wrapped];
    const half = one.length - 48;
    await assert.rejects(opening.unwrap(Buffer.concat([one.subarray(0, half), two.subarray(half)]), context), isRefused);
  });

  sentence("derives the same key for a label at every call and in every process, and another for another", async () => {
    const [one, two] = [(await make()).sealing, (await make()).sealing];
    const key = await one.derive("a");
    assert.equal(key.length, 32);
    assert.deepEqual(await one.derive("a"), key);
    assert.deepEqual(await two.derive("a"), key);
    assert.notDeepEqual(await one.derive("b"), key);
    assert.deepEqual(await one.derive("a", 1), key);
    assert.equal((await one.derive("x".repeat(200))).length, 32);
  });

  sentence("signs what node:crypto verifies under the public key that it tells", async () => {
    const { signing } = await make();
    const message = Buffer.from("a checkpoint");
    const [signature, key] = [await signing.sign(message), await signing.publicKey()];
    assert.equal(signature.keyId, key.keyId);
    const digest = key.algorithm === "Ed25519" ? null : "sha256";
    const publicKey = createPublicKey({ key: key.spki, format: "der", type: "spki" });
    assert.ok(verify(digest, message, publicKey, signature.signature));
    assert.ok(isSignatureOf(key, message, signature));
    assert.ok(!isSignatureOf(key, Buffer.from("another checkpoint"), signature));
    assert.ok(!isSignatureOf({ ...key, keyId: "0000000000000000" }, message, signature));
  });

  sentence("does not let the sealing half open what it made", async () => {
    const { sealing, openWithSealingPowers } = await make();
    const context = contextOf(sealing.currentEpoch);
    const { plaintext, wrapped } = await sealing.generateDataKey(context);
    assert.ok(!("unwrap" in sealing));
    const opened = await openWithSealingPowers(wrapped, context).catch(() => null);
    assert.notDeepEqual(opened, plaintext);
  });

  sentence("tells what is real, and no secret", async () => {
    const { sealing, opening, resolving } = await make();
    for (const half of [sealing, opening, resolving]) {
      const told = await half.describe();
      assert.equal(told.provider, half.provider);
      assert.equal(told.currentEpoch, sealing.currentEpoch);
      assert.ok(told.minimumEpoch >= 1 && told.minimumEpoch <= told.currentEpoch);
      assert.doesNotMatch(JSON.stringify(told), /PRIVATE|"pin"|[A-Za-z0-9+/]{43}=/);
    }
  });

  sentence("refuses an epoch that there is not", async () => {
    const { sealing, opening } = await make();
    const context = contextOf(sealing.currentEpoch);
    const later = { ...context, epoch: sealing.currentEpoch + 1 };
    const { wrapped } = await sealing.generateDataKey(context);
    for (const attempt of [sealing.generateDataKey(later), sealing.wrap(Buffer.alloc(32), later), opening.unwrap(wrapped, later)]) {
      await assert.rejects(attempt, isCode("unknown-epoch"));
    }
    await assert.rejects(sealing.derive("a", later.epoch), isCode("unknown-epoch"));
  });

  sentence("keeps opening an earlier epoch's wraps, takes none for another epoch's, and moves them", async () => {
    const before = await make();
    const old = contextOf(before.sealing.currentEpoch);
    const { plaintext, wrapped } = await before.sealing.generateDataKey(old);
    const found = await before.sealing.derive("a");
    const epoch = await (await rootsUnderTest()).addEpoch();
    const { sealing, opening } = await make();
    assert.equal(sealing.currentEpoch, epoch);
    assert.deepEqual(await opening.unwrap(wrapped, old), plaintext);
    await assert.rejects(opening.unwrap(wrapped, { ...old, epoch }), isRefused);
    const moved = await rewrap(opening, sealing, wrapped, old, epoch);
    assert.deepEqual(await opening.unwrap(moved, { ...old, epoch }), plaintext);
    assert.deepEqual(await sealing.derive("a"), found);
    assert.notDeepEqual(await sealing.derive("a", epoch), found);
  });

  sentence("neither opens a retired epoch's wraps nor makes any, and still derives what finds", async () => {
    const before = await make();
    const old = contextOf(before.sealing.currentEpoch);
    const { plaintext, wrapped } = await before.sealing.generateDataKey(old);
    const found = await before.sealing.derive("a", old.epoch);
    const epoch = await (await rootsUnderTest()).addEpoch();
    const moved = await rewrap(before.opening, (await make()).sealing, wrapped, old, epoch);
    await (await rootsUnderTest()).retireBefore(epoch);
    const { sealing, opening } = await make();
    for (const attempt of [sealing.generateDataKey(old), sealing.wrap(plaintext, old), opening.unwrap(wrapped, old)]) {
      await assert.rejects(attempt, isCode("retired-epoch"));
    }
    assert.deepEqual(await opening.unwrap(moved, { ...old, epoch }), plaintext);
    assert.deepEqual(await sealing.derive("a", old.epoch), found);
    assert.equal((await opening.describe()).minimumEpoch, epoch);
  });
}

test("a context's bytes differ wherever the contexts differ", () => {
  const context = contextOf(1);
  const all = [context, { ...context, tenant: "t" }, { ...context, purpose: "tracking-numbers" as const }, { ...context, epoch: 2 }];
  assert.equal(new Set(all.map((each) => contextBytes(each).toString())).size, all.length);
});
