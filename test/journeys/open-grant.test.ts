import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { testDatabase } from "../support/database.ts";
import { type EndedTask, runTask } from "../support/open-task.ts";
import { person, ReleasingProgram } from "../support/releasing-program.ts";
import { ServedProgram } from "../support/served-program.ts";

/** Roles under `serve` have nobody who starts openers: here we are the platform. */
describe("a task for one grant", async () => {
  // Before the database, whose end comes with it.
  after(() => release.stop());
  const database = await testDatabase({ after });
  const release = new ReleasingProgram((env) => new ServedProgram(database, ["sequencer", "worker", "granter"], env));
  const open = (
    grant: string,
    tenant = release.tenant,
    more: NodeJS.ProcessEnv = {},
    meanwhile?: Parameters<typeof runTask>[2],
  ): Promise<EndedTask> =>
    runTask(
      ["open", "--grant", grant, "--tenant", tenant],
      {
        ...release.program.env,
        PARCELKEEP_LOG_LEVEL: "info",
        PARCELKEEP_DATABASE_URL: database.url("parcelkeep_opener"),
        PARCELKEEP_INGRESS_URL: release.program.url,
        ...more,
      },
      meanwhile,
    );
  const granted = async (): Promise<{ readonly id: string; readonly grant: string }> => {
    const view = await release.asked();
    await release.approve(view);
    await release.until(view.id, "granted");
    const [row] = await release.query<{ grant: string }>("select grant_id as grant from parcelkeep.approval_requests where id = $1", [
      view.id,
    ]);
    return { id: view.id, grant: row!.grant };
  };

  before(async () => {
    await release.start({ PARCELKEEP_LOG_LEVEL: "error" });
    await release.addShipment();
  });

  test("hands over what the grant names, says so, and ends; once", async () => {
    const { id, grant } = await granted();
    const { code, log } = await open(grant);
    assert.deepEqual(
      [code, log.map(({ grant: of, state, outcome }) => ({ of, state, outcome }))],
      [0, [{ of: grant, state: "delivered", outcome: "delivered" }]],
    );
    assert.equal((await release.view(id)).state, "delivered");
    assert.equal(JSON.parse(release.carrier.taken.at(-1)!.text).recipient.street, person.street);
    const before = release.carrier.taken.length;
    const again = await open(grant);
    assert.deepEqual([again.code, again.log.map(({ outcome }) => outcome)], [3, ["used-or-over"]]);
    assert.equal(release.carrier.taken.length, before);
  });

  test("opens nothing for a grant that is none or over, of another tenant, or no id at all, and leaves it as it is", async () => {
    const { id, grant } = await granted();
    for (const [of, tenant] of [
      [randomUUID(), release.tenant],
      [grant, randomUUID()],
      ["../../etc", release.tenant],
    ] as const)
      assert.equal((await open(of, tenant)).code, 3, of);
    assert.equal((await release.view(id)).state, "granted");
    await release.query("update parcelkeep.approval_requests set execute_by = now() where id = $1", [id]);
    assert.equal((await open(grant)).code, 3);
    await release.until(id, "execution-expired");
  });

  test("tells a transfer that did not arrive from one that may have", async () => {
    const usual = release.carrier.answer;
    release.carrier.answer = () => ({ status: 422, body: "{}" });
    const refused = await open((await granted()).grant);
    assert.deepEqual([refused.code, refused.log[0]!["outcome"]], [4, "carrier-refused"]);
    release.carrier.answer = () => "hang";
    const lost = await open((await granted()).grant);
    release.carrier.answer = usual;
    assert.deepEqual([lost.code, lost.log[0]!["outcome"]], [5, "timeout"]);
  });

  test("finishes what it has begun when it is told to end", async () => {
    const usual = release.carrier.answer;
    const { grant } = await granted();
    const before = release.carrier.taken.length;
    const { code, log } = await open(grant, release.tenant, {}, async (kill) => {
      await new Promise<void>((resolve) => {
        release.carrier.answer = (handed) => {
          kill("SIGTERM");
          resolve();
          return usual(handed);
        };
      });
    });
    release.carrier.answer = usual;
    assert.equal(code, 0, JSON.stringify(log));
    assert.equal(release.carrier.taken.length, before + 1);
  });

  test("says that it does not know where the database is away, and that its settings are wrong where they are", async () => {
    const away = await open((await granted()).grant, release.tenant, {
      PARCELKEEP_DATABASE_URL: database.url("parcelkeep_opener").replace(/:\d+\//, ":1/"),
    });
    assert.deepEqual([away.code, away.log[0]!["code"]], [1, "unavailable"]);
    const foreign = await open(randomUUID(), release.tenant, { PARCELKEEP_DATABASE_URL: database.url("parcelkeep_granter") });
    assert.equal(foreign.code, 1);
    const elsewhere = await open(randomUUID(), release.tenant, { PARCELKEEP_OPENER_ROLE: "arn:aws:iam::111122223333:role/opener" });
    assert.equal(elsewhere.code, 78);
  });
});
