import assert from "node:assert/strict";
import { test } from "node:test";
import { recordedSpans } from "../../../test/support/recorded-spans.ts";
import { TurnError } from "../../store/worker-store.ts";
import { noSpans } from "./spans.ts";
import { tracedTurn } from "./traced-turn.ts";

const changed = [{}, {}] as never;

test("a turn is told with its jobs, and one that found none is not", async () => {
  const { spans, ended } = recordedSpans();
  const full = { jobs: 5, failed: 1, changed };
  assert.equal(await tracedTurn(spans, async () => full), full);
  await tracedTurn(spans, async () => ({ jobs: 0, failed: 0, changed: [] }));
  assert.deepEqual(ended, [
    {
      name: "worker.turn",
      within: null,
      attributes: { "parcelkeep.jobs": 5, "parcelkeep.dead_letters": 1, "parcelkeep.shipments": 2, "parcelkeep.outcome": "done" },
    },
  ]);
});

test("a turn that was refused is told by its code, and fails as it did", async () => {
  const { spans, ended } = recordedSpans();
  const refused = new TurnError("refused", "Ida Musterweg", {});
  for (const each of [spans, noSpans])
    await assert.rejects(
      tracedTurn(each, () => Promise.reject(refused)),
      refused,
    );
  assert.deepEqual(
    ended.map(({ attributes }) => attributes),
    [{ "parcelkeep.outcome": "refused" }],
  );
});
