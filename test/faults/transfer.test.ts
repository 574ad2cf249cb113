import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { readConfig } from "../../src/main/config.ts";
import { runOpener } from "../../src/main/releases/opener.ts";
import type { OpenerError } from "../../src/vault/opening.ts";
import { person, ReleasingProgram } from "../support/releasing-program.ts";

describe("a transfer in which something dies", () => {
  const release = new ReleasingProgram();
  before(async () => {
    await release.start();
    await release.addShipment();
  });
  after(() => release.stop());

  const entriesOf = async (grant: string): Promise<readonly string[]> => {
    const { items } = (await release.program.call("/v1/audit/entries?limit=500", { key: release.key })).json();
    return (items as { entry: Record<string, unknown> }[])
      .toReversed()
      .filter(({ entry }) => entry["grant"] === grant)
      .map(({ entry }) => String(entry["type"]));
  };
  const grantOf = async (id: string): Promise<string> =>
    (await release.query<{ grant_id: string }>("select grant_id from parcelkeep.approval_requests where id = $1", [id]))[0]!.grant_id;
  const roleProcess = (name: string): number => {
    const [pid] = execFileSync("ps", ["-eo", "pid,ppid,args"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.endsWith(`role-process.ts ${name}`) && Number(line.trim().split(/\s+/)[1]) === release.program.pid)
      .map((line) => Number.parseInt(line, 10));
    assert.ok(pid !== undefined);
    return pid;
  };
  /** Processes of openers of this program, found by what they were started with. */
  const openers = (): readonly number[] =>
    execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes("opener-process.ts") && line.includes(release.program.dataDir))
      .map((line) => Number.parseInt(line, 10));

  test("the carrier hangs with the address in flight and the opener is killed: nobody says that nothing arrived, and it is not sent again", async () => {
    release.carrier.answer = () => "hang";
    const view = await release.asked();
    await release.approve(view);
    await release.program.until(async () => release.carrier.taken.length === 1, "the call to the carrier", 60_000);
    const running = openers();
    assert.ok(running.length >= 1);
    for (const pid of running) process.kill(pid, "SIGKILL");
    const done = await release.until(view.id, "delivered", "failed", "unknown");
    assert.deepEqual([done.state, done.outcome], ["unknown", "unknown"]);
    const log = await release.program.until(async () => {
      const found = await entriesOf(await grantOf(view.id));
      return found.includes("transfer.failed") ? found : null;
    }, "the outcome in the log");
    assert.deepEqual(log, ["transfer.granted", "opening.intended", "transfer.failed"]);
    assert.equal(release.carrier.taken.length, 1);
    assert.doesNotMatch(release.program.output, new RegExp(`${person.name}|${person.street}`));
  });

  test("the opener's connection to the database breaks while the carrier takes the address: nobody says that nothing arrived, and it is not sent again", async () => {
    const before = release.carrier.taken.length;
    release.carrier.answer = async () => {
      const ended = await release.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parcelkeep-opener'",
        [],
      );
      assert.ok(ended.length >= 1);
      return { status: 200, body: "{}" };
    };
    const view = await release.asked();
    await release.approve(view);
    const done = await release.until(view.id, "delivered", "failed", "unknown");
    assert.deepEqual([done.state, done.outcome], ["unknown", "unknown"]);
    assert.equal(release.carrier.taken.length, before + 1);
    assert.doesNotMatch(release.program.output, new RegExp(`${person.name}|${person.street}`));
  });

  test("an opener that has no memory left ends without a word, has used nothing, and another one carries the transfer out", async () => {
    release.carrier.answer = () => ({ status: 200, body: "{}" });
    const before = release.carrier.taken.length;
    const view = await release.asked();
    // Whoever grants is stopped meanwhile, so that the grant is this test's to use.
    const granter = roleProcess("granter");
    process.kill(granter, "SIGSTOP");
    const grant = crypto.randomUUID();
    try {
      await release.approve(view);
      await release.query("select parcelkeep.grant_approval($1, $2, '{}')", [view.id, grant]);
      const config = readConfig(release.program.env);
      const terms = { id: crypto.randomUUID(), expiresAt: Date.now() + 300_000 };
      const given = { tenant: release.tenant, approved: grant, purpose: "transfer", ...terms } as const;
      const connection = { connectionString: release.program.databaseUrl };
      const outside = { testHosts: [], authorities: null, proxy: null, ingress: null };
      const started = runOpener(config, { grant: given, connection, outside }, { heapMegabytes: 8, answerMs: 300_000 });
      await assert.rejects(started, (error: OpenerError) => error.code === "failed");
      assert.deepEqual([(await release.view(view.id)).state, release.carrier.taken.length], ["granted", before]);
    } finally {
      process.kill(granter, "SIGCONT");
    }
    await release.until(view.id, "delivered");
    assert.equal(release.carrier.taken.length, before + 1);
  });

  test("the program is killed while a transfer waits for its opener: the next start carries it out, once", async () => {
    release.carrier.answer = () => ({ status: 200, body: "{}" });
    const before = release.carrier.taken.length;
    const view = await release.asked();
    await release.approve(view);
    await release.program.stop("SIGKILL");
    await release.program.start();
    const done = await release.until(view.id, "delivered", "failed", "unknown");
    const sent = release.carrier.taken.length - before;
    assert.ok(sent <= 1);
    assert.ok(sent === 1 ? done.state !== "failed" : done.state !== "delivered", `${sent} sent, and it says ${done.state}`);
  });

  test("the log cannot be signed any more: nothing opens", async () => {
    const before = release.carrier.taken.length;
    // Whoever sequences is stopped in the middle of everything, and does not end.
    const sequencer = roleProcess("sequencer");
    process.kill(sequencer, "SIGSTOP");
    try {
      const view = await release.asked();
      await release.approve(view);
      const done = await release.until(view.id, "delivered", "failed", "unknown");
      assert.deepEqual([done.state, done.outcome], ["failed", "log-unreachable"]);
      assert.equal(release.carrier.taken.length, before);
    } finally {
      process.kill(sequencer, "SIGCONT");
    }
  });
});
