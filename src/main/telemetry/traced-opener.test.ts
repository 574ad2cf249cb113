import assert from "node:assert/strict";
import { test } from "node:test";
import { recordedSpans } from "../../../test/support/recorded-spans.ts";
import { type Opened, OpenerError, type OpeningRequest } from "../../vault/opening.ts";
import { tracedOpener } from "./traced-opener.ts";

const transfer: OpeningRequest = { tenant: "tenant", approved: "grant", purpose: "transfer" };
const probe: OpeningRequest = { tenant: "tenant", subject: "subject", purpose: "erasure-probe" };

async function told(request: OpeningRequest, open: () => Promise<Opened>) {
  const { spans, ended } = recordedSpans();
  await tracedOpener(spans, open)(request).catch(() => {});
  return ended.map(({ attributes }) => [
    attributes["parcelkeep.purpose"],
    attributes["parcelkeep.outcome"],
    Object.keys(attributes).length,
  ]);
}

test("an opener is told by what it was for and what came of it, and by nothing of what it opened", async () => {
  const delivered: Opened = { purpose: "transfer", state: "delivered", outcome: "answered 200" };
  assert.deepEqual(await told(transfer, async () => delivered), [["transfer", "delivered", 2]]);
  assert.deepEqual(await told(probe, async () => ({ purpose: "erasure-probe", opened: 0, refused: {} })), [["erasure-probe", "opened", 2]]);
  assert.deepEqual(await told(probe, () => Promise.reject(new OpenerError("unavailable", "Ida Musterweg"))), [
    ["erasure-probe", "unavailable", 2],
  ]);
  assert.deepEqual(await told(probe, () => Promise.reject(new Error("Ida Musterweg"))), [["erasure-probe", "failed", 2]]);
});

test("what an opener answers, and how it fails, comes through as it is", async () => {
  const { spans } = recordedSpans();
  const opened: Opened = { purpose: "erasure-probe", opened: 3, refused: {} };
  assert.equal(await tracedOpener(spans, async () => opened)(probe), opened);
  const failure = new OpenerError("used", "used");
  await assert.rejects(tracedOpener(spans, () => Promise.reject(failure))(probe), failure);
});
