import assert from "node:assert/strict";
import { test } from "node:test";
import { subkey } from "../domain/keyed-hash.ts";
import { maskedViews } from "./masked-view.ts";

const keys = { derive: async (label: string) => subkey(Buffer.alloc(32, 7), label) };
const [token, other] = [Buffer.alloc(20, 1), Buffer.alloc(20, 2)];

test("a view opens for its tenant and token and no other", async () => {
  const [mine, again, theirs] = await Promise.all([maskedViews(keys, "t1"), maskedViews(keys, "t1"), maskedViews(keys, "t2")]);
  const sealed = mine.seal(token, "+49 ••• ••12");
  assert.equal(again.open(token, sealed), "+49 ••• ••12");
  assert.equal(sealed.includes("49"), false);
  assert.throws(() => mine.open(other, sealed), { code: "refused" });
  assert.throws(() => theirs.open(token, sealed), { code: "refused" });
});

test("a view that was changed or is none does not open", async () => {
  const views = await maskedViews(keys, "t1");
  const sealed = views.seal(token, "i•••@b•••.de");
  sealed[20]! ^= 1;
  assert.throws(() => views.open(token, sealed), { code: "refused" });
  assert.throws(() => views.open(token, Buffer.alloc(8, 1)), { code: "not-a-seal" });
  assert.throws(() => views.open(token, Buffer.alloc(60, 2)), { code: "not-a-seal" });
});
