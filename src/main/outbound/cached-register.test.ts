import assert from "node:assert/strict";
import { test } from "node:test";
import { aTenant, glsEntry } from "../../../test/support/polling.ts";
import { CachedRegister } from "./cached-register.ts";

function register() {
  const reads = { count: 0, fails: false };
  const held = new CachedRegister({
    of: async () => {
      reads.count++;
      if (reads.fails) throw new Error("the database is away");
      return [{ entry: glsEntry, version: 1, validFrom: new Date(0), agreementVersion: null }];
    },
    policy: async () => null,
  });
  return { held, reads };
}

test("is read once for many questions, and again when something has changed", async () => {
  const { held, reads } = register();
  await Promise.all([held.entryOf(aTenant, "gls"), held.entryOf(aTenant, "ups"), held.policyOf(aTenant)]);
  assert.equal(reads.count, 1);
  held.forget();
  assert.equal((await held.entryOf(aTenant, "gls"))?.source, "gls");
  assert.equal(reads.count, 2);
});

test("a tenant without a policy forbids nothing, and a source that is in no register has no entry", async () => {
  const { held } = register();
  assert.deepEqual(await held.policyOf(aTenant), { refusesOwnersOutsideEea: false, refusedRecipients: new Set() });
  assert.equal(await held.entryOf(aTenant, "no-such-source"), null);
});

test("a reading that failed is not kept", async () => {
  const { held, reads } = register();
  reads.fails = true;
  await assert.rejects(held.entryOf(aTenant, "gls"), /away/);
  reads.fails = false;
  assert.equal((await held.entryOf(aTenant, "gls"))?.source, "gls");
});
