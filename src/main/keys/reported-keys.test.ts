import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyError, type SealingKeys } from "../../vault/keys/provider.ts";
import { reportedKeys } from "./reported-keys.ts";

test("a provider's failure is told by its code, and still fails its caller", async () => {
  const failure = new KeyError("refused-credentials", "the token refuses the login (CKR_PIN_INCORRECT)");
  const fails = () => Promise.reject(failure);
  const keys: SealingKeys = { provider: "pkcs11", currentEpoch: 3, generateDataKey: fails, wrap: fails, derive: fails, describe: fails };
  const lines: unknown[] = [];
  const reported = reportedKeys(keys, { error: (...line: unknown[]) => void lines.push(line) });
  const context = { tenant: "t", purpose: "raw-records", epoch: 3 } as const;
  for (const attempt of [reported.generateDataKey(context), reported.wrap(Buffer.alloc(32), context), reported.derive("a")]) {
    await assert.rejects(attempt, failure);
  }
  assert.equal(reported.currentEpoch, 3);
  assert.deepEqual(lines, Array(3).fill([{ error: "KeyError", code: "refused-credentials" }, "the root keys do not answer"]));
});
