import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { testDatabase } from "../support/database.ts";
import { FakeWorkflow } from "../support/fake-workflow.ts";
import { runTask } from "../support/open-task.ts";
import { person, ReleasingProgram } from "../support/releasing-program.ts";
import { ServedProgram } from "../support/served-program.ts";

/** Roles as processes of their own, and the deployed workflow in a fake of Step Functions, whose tasks are processes too. */
describe("a release on a platform", async () => {
  // Before the database, whose end comes with it.
  after(async () => {
    await release.stop();
    await workflow.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const database = await testDatabase({ after });
  const folder = mkdtempSync(join(tmpdir(), "pk-platform-"));
  const release = new ReleasingProgram((env) => new ServedProgram(database, ["sequencer", "worker", "granter"], env));
  const codes: (number | null)[] = [];
  const start = async (args: readonly string[]): Promise<number | null> => {
    const { code } = await runTask(args, {
      ...release.program.env,
      PARCELKEEP_DATABASE_URL: database.url("parcelkeep_opener"),
      PARCELKEEP_INGRESS_URL: release.program.url,
    });
    codes.push(code);
    return code;
  };
  const workflow = new FakeWorkflow(start);
  const endOf = (id: string): string | null => workflow.executions.get(`${id}-0`)?.end ?? null;
  const entries = async (): Promise<readonly { readonly index: number; readonly entry: Record<string, unknown> }[]> =>
    (await release.program.call("/v1/audit/entries?limit=200", { key: release.key })).json().items;

  before(async () => {
    await workflow.start();
    await release.start({
      PARCELKEEP_LOG_LEVEL: "error",
      PARCELKEEP_WORKFLOW: workflow.machine,
      PARCELKEEP_WORKFLOW_QUEUE: workflow.queue,
      PARCELKEEP_AWS_TEST_ENDPOINT: workflow.endpoint,
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "none",
    });
    await release.addShipment();
  });

  test("waits in the workflow for four eyes, reaches the carrier by one task, and leaves a receipt that is checked offline", async () => {
    const view = await release.asked();
    await release.program.until(async () => workflow.executions.has(`${view.id}-0`), "the execution");
    assert.deepEqual([endOf(view.id), workflow.tasks.length], [null, 0]);
    const approved = await release.approve(view);
    assert.equal(approved.status, 200, approved.text);
    await release.until(view.id, "delivered", "failed", "unknown");
    await release.program.until(async () => endOf(view.id) !== null, "the execution's end");
    assert.deepEqual([(await release.view(view.id)).outcome, endOf(view.id), codes], ["delivered", "Opened", [0]]);
    assert.equal(JSON.parse(release.carrier.taken[0]!.text).recipient.street, person.street);

    const executed = await release.program.until(
      async () => (await entries()).find(({ entry }) => entry["type"] === "transfer.executed"),
      "the outcome in the log",
    );
    const proof = await release.program.until(async () => {
      const answer = await release.program.call(`/v1/audit/entries/${executed.index}/proof`, { key: release.key });
      return answer.status === 200 ? answer.text : null;
    }, "the receipt");
    const [key] = (await release.program.call("/v1/audit/keys")).text.trim().split("\n");
    const [receipt, entry] = [join(folder, "receipt.tlog-proof"), join(folder, "entry.json")];
    writeFileSync(receipt, proof);
    writeFileSync(entry, (await release.program.call(`/v1/audit/entries/${executed.index}`, { key: release.key })).text);
    assert.match(release.program.command("audit", "verify", receipt, "--key", key!, "--entry", entry), /^verified: /);
  });

  test("opens nothing for a second start of the same grant", async () => {
    assert.equal(await start(workflow.tasks[0]!), 3);
    assert.equal(release.carrier.taken.length, 1);
    const types = (await entries()).map(({ entry }) => entry["type"]);
    assert.equal(types.filter((type) => type === "opening.intended").length, 1);
  });

  test("ends in the workflow when people deny it", async () => {
    const view = await release.asked();
    const denied = await release.decide(view.id, "deny", release.privacy.decide(view.scope, "deny"));
    assert.equal(denied.status, 200, denied.text);
    await release.program.until(async () => endOf(view.id) === "NotGranted", "the execution's end");
    assert.equal(workflow.tasks.length, 1);
  });

  test("goes on when the granter is stopped while people decide, and another takes its place", async () => {
    const served = release.program as ServedProgram;
    const view = await release.asked();
    await release.program.until(async () => workflow.executions.has(`${view.id}-0`), "the execution");
    assert.equal(await served.end("granter"), 0);
    assert.equal((await release.approve(view)).status, 200);
    await served.serve("granter");
    await release.until(view.id, "delivered");
    assert.equal(release.carrier.taken.length, 2);
  });
});
