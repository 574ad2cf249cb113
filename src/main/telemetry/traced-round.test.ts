import assert from "node:assert/strict";
import { test } from "node:test";
import { recordedSpans } from "../../../test/support/recorded-spans.ts";
import { ArchiveError, type ArchiveRun } from "../../archive/archiver.ts";
import { tracedRound } from "./traced-round.ts";

const segment = { key: "segments/1", sha256: Buffer.alloc(32), bytes: 100, records: 7, batchOffsets: [] };

test("segments are told by their number and size, a round without one is not, and one that failed is", async () => {
  const { spans, ended } = recordedSpans();
  const run: ArchiveRun = { archived: [segment, segment], alarms: [] };
  assert.equal(await tracedRound(spans, async () => run), run);
  await tracedRound(spans, async () => ({ archived: [], alarms: [] }));
  await tracedRound(spans, async () => ({ archived: [], alarms: [new ArchiveError("conflict", "id", "message")] }));
  const failure = new Error("away");
  await assert.rejects(
    tracedRound(spans, () => Promise.reject(failure)),
    failure,
  );
  assert.deepEqual(
    ended.map(({ attributes }) => Object.values(attributes)),
    [[2, 14, 200, "archived"], [0, 0, 0, "alarm"], ["failed"]],
  );
});
