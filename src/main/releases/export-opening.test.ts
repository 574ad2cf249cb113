import assert from "node:assert/strict";
import { test } from "node:test";
import { carryOutExport, type ExportParts } from "./export-opening.ts";

const approveBy = Date.parse("2026-11-27T12:00:00Z");
const scope = JSON.stringify({
  ...{ v: 1, kind: "export", request: "r", tenant: "t", subject: "s", rule: "transfer", policy: 1 },
  ...{ approveBy: new Date(approveBy).toISOString(), executeSeconds: 60 },
});

/** What an opener would be told about a grant that nobody approved, at a time. */
async function outcomeAt(now: number): Promise<string> {
  const refused: string[] = [];
  const use = {
    read: async () => ({ id: "r", scope, approvals: [] }),
    policies: async () => [],
    livePasskeys: async () => [],
    refuse: async (_grant: string, outcome: string) => refused.push(outcome) > 0,
    use: () => assert.fail("it is not to be used"),
    end: () => assert.fail("it was not used"),
  };
  const parts: ExportParts = {
    use: use as unknown as ExportParts["use"],
    isLogged: () => assert.fail("there is nothing to wait for"),
    open: () => assert.fail("it is not to be opened"),
    now: () => new Date(now),
  };
  await assert.rejects(carryOutExport("g", parts), { code: "not-permitted" });
  return refused.join();
}

test("looks at approvals until the time that was signed is over, and at none from then on", async () => {
  assert.equal(await outcomeAt(approveBy + 59_000), "not-approved");
  assert.equal(await outcomeAt(approveBy + 60_000), "out-of-time");
});
