import assert from "node:assert/strict";
import { test } from "node:test";
import { type KeyContext, KeyError, type KeyProvider } from "./provider.ts";

const context: KeyContext = { tenant: "4f1dcc16-9b5b-43aa-892e-d28f71ac7047", purpose: "raw-records", epoch: 1 };

/** What every adapter of the key port must do. */
export function keyProviderContract(name: string, make: () => Promise<KeyProvider>): void {
  test(`${name}: unwraps what it wrapped`, async () => {
    const keys = await make();
    const { plaintext, wrapped } = await keys.generateDataKey(context);
    assert.equal(plaintext.length, 32);
    assert.ok(wrapped.length <= 1024);
    assert.deepEqual(await keys.unwrap(wrapped, context), plaintext);
  });
  test(`${name}: refuses a wrap in another context, or changed`, async () => {
    const keys = await make();
    const { wrapped } = await keys.generateDataKey(context);
    const isRefused = (error: unknown): boolean => error instanceof KeyError && error.code === "refused-wrap";
    await assert.rejects(keys.unwrap(wrapped, { ...context, tenant: "00000000-0000-0000-0000-000000000000" }), isRefused);
    for (const at of [0, 20, wrapped.length - 1]) {
      const changed = Buffer.from(wrapped);
      changed[at]! ^= 1;
      await assert.rejects(keys.unwrap(changed, context), isRefused);
    }
  });
  test(`${name}: derives the same key for a label, and another for another`, async () => {
    const [one, two] = [await make(), await make()];
    assert.deepEqual(await one.derive("a"), await two.derive("a"));
    assert.notDeepEqual(await one.derive("a"), await one.derive("b"));
  });
}
