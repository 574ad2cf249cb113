import assert from "node:assert/strict";
import { test } from "node:test";
import { recordedSpans } from "../../../test/support/recorded-spans.ts";
import { ProblemError } from "../../ingress/problems.ts";
import { noSpans } from "./spans.ts";
import { type SeenHook, tracedHook, tracedWait } from "./traced-hook.ts";

const received = { receipt: "receipt", duplicate: false };

async function toldOf(error: Error) {
  const { spans, ended } = recordedSpans();
  await assert.rejects(
    tracedHook(spans, () => Promise.reject(error)),
    error,
  );
  return Object.values(ended[0]!.attributes);
}

test("a webhook is told with its source and its answer, and its wait as a part of it", async () => {
  const { spans, ended } = recordedSpans();
  const receive = (seen: SeenHook | null) => {
    seen!.source = "fedex";
    return tracedWait(seen!, 12, async () => received);
  };
  assert.equal(await tracedHook(spans, receive), received);
  assert.deepEqual(ended, [
    { name: "intake.wait", within: "webhook.receive", attributes: { "parcelkeep.bytes": 12 } },
    {
      name: "webhook.receive",
      within: null,
      attributes: { "http.response.status_code": 202, "parcelkeep.source": "fedex", "parcelkeep.outcome": "accepted" },
    },
  ]);
});

test("one that is refused is told by the code that it is answered with, and by no message", async () => {
  assert.deepEqual(await toldOf(new ProblemError("rate_limited", { retryAfterS: 1 })), [429, null, "rate_limited"]);
  assert.deepEqual(await toldOf(Object.assign(new Error("Ida Musterweg"), { code: "57P01" })), [503, null, "busy"]);
  assert.deepEqual(await toldOf(new Error("Connection terminated unexpectedly")), [503, null, "busy"]);
  assert.deepEqual(await toldOf(new TypeError("Ida Musterweg")), [500, null, "internal_error"]);
});

test("one that is not recorded is received all the same", async () => {
  assert.equal(await tracedHook(noSpans, async (seen) => (seen === null ? received : assert.fail())), received);
});
