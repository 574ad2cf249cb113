import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, describe, test, type TestContext } from "node:test";
import { pino } from "pino";
import { AwsReleaseWorkflow } from "../../cloud/aws-release-workflow.ts";
import type { ReleaseWorkflow } from "../../cloud/release-workflow.ts";
import { sovereignPlace } from "../../aws/place.ts";
import { granterStore } from "../../store/approval-store.ts";
import { workflowStore } from "../../store/workflow-store.ts";
import type { OpenSubject } from "../../vault/opening.ts";
import { FakeWorkflow } from "../../../test/support/fake-workflow.ts";
import { tenant, transferWorld } from "../../../test/support/transfer-world.ts";
import type { Openers } from "./openers.ts";
import { type OpenerRun, openersContract } from "./openers.contract.ts";
import { ProcessOpeners } from "./process-openers.ts";
import { carryOut } from "./transfer-opening.ts";
import { WorkflowOpeners } from "./workflow-openers.ts";

const log = pino({ level: "silent" });
/** So long an execution may say nothing here. */
const silentMs = 1_000;
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none" };

/** The word of a task's command line after an option. */
const valueOf = (args: readonly string[], option: string): string => args[args.indexOf(option) + 1]!;

describe("openers", async () => {
  const world = await transferWorld({ after });
  const store = granterStore(world.database.pool("parcelkeep_granter"));
  const workflows = workflowStore(world.database.pool("parcelkeep_granter"));

  openersContract("processes", world, async (opener) => {
    const open: OpenSubject = async (request) => {
      if (request.purpose !== "transfer") throw new TypeError("not asked for");
      await opener({ grant: request.approved, tenant: request.tenant });
      return { purpose: "transfer", state: "delivered", outcome: "delivered" };
    };
    return { openers: () => new ProcessOpeners(store, open, log, () => {}), close: async () => {} };
  });

  const platform = async (opener: OpenerRun) => {
    const fake = new FakeWorkflow(async (args) => {
      assert.deepEqual([args[0], args.length], ["open", 5]);
      return opener({ grant: valueOf(args, "--grant"), tenant: valueOf(args, "--tenant") }).then(
        () => 0,
        () => 1,
      );
    });
    await fake.start();
    const made: Openers[] = [];
    const connection = { place: sovereignPlace, emulator: { endpoint: fake.endpoint, credentials } };
    const workflow = (): ReleaseWorkflow => new AwsReleaseWorkflow({ connection, machine: fake.machine, queue: fake.queue });
    return {
      fake,
      workflow,
      openers: (): Openers => {
        made.push(new WorkflowOpeners(workflows, workflow(), log, () => {}, silentMs));
        return made.at(-1)!;
      },
      close: async () => {
        await Promise.all(made.map((each) => each.stop()));
        await fake.stop();
      },
    };
  };
  openersContract("a workflow", world, platform);

  describe("a workflow that waits for people", () => {
    const asked = async (): Promise<{ readonly id: string; readonly grant: string; readonly grantIt: () => Promise<void> }> => {
      const { id, grant } = await world.granted();
      await world.owner.query(
        "update parcelkeep.approval_requests set state = 'requested', approve_by = now() + interval '1 hour' where id = $1",
        [id],
      );
      const grantIt = async (): Promise<void> =>
        void (await world.owner.query("update parcelkeep.approval_requests set state = 'granted' where id = $1", [id]));
      return { id, grant, grantIt };
    };
    const tokenOf = async (id: string): Promise<string | null> =>
      (await world.owner.query<{ token: string | null }>("select token from parcelkeep.approval_workflows where request = $1", [id]))
        .rows[0]?.token ?? null;
    const opening = () => {
      const { given, sent } = world.parts();
      const opener: OpenerRun = async ({ grant, tenant }) => {
        // As a task ends: with another code than 0 where nothing was delivered.
        if ((await carryOut(grant, { ...given, tenant })).state !== "delivered") throw new Error("not delivered");
      };
      return { opener, sent };
    };
    const run = async (t: TestContext) => {
      const { opener, sent } = opening();
      const under = await platform(opener);
      t.after(() => under.close());
      const openers = under.openers();
      const until = async (is: () => boolean | Promise<boolean>): Promise<void> => {
        for (const late = performance.now() + 60_000; !(await is()); await new Promise((resolve) => setTimeout(resolve, 20))) {
          if (performance.now() > late) throw new Error("waited in vain");
          await openers.turn();
        }
      };
      return { ...under, sent, until, endOf: (id: string, round = 0) => under.fake.executions.get(`${id}-${round}`)?.end ?? null };
    };

    test("begins when somebody asks, waits, and opens when it is told of the grant", async (t) => {
      const { fake, until, sent, endOf } = await run(t);
      const { id, grant, grantIt } = await asked();
      await until(async () => (await tokenOf(id)) !== null);
      assert.deepEqual([endOf(id), fake.tasks.length], [null, 0]);
      await grantIt();
      await until(() => endOf(id) === "Opened");
      assert.deepEqual(fake.tasks, [["open", "--grant", grant, "--tenant", tenant]]);
      assert.deepEqual([sent.length, await tokenOf(id)], [1, null]);
    });

    test("ends with its request, and opens nothing", async (t) => {
      const { fake, until, endOf } = await run(t);
      const { id } = await asked();
      await until(async () => (await tokenOf(id)) !== null);
      await world.owner.query("update parcelkeep.approval_requests set state = 'denied' where id = $1", [id]);
      await until(() => endOf(id) === "NotGranted");
      assert.deepEqual([fake.tasks, fake.told], [[], []]);
    });

    test("is begun anew where its message was lost or it was stopped; its request is decided and its grant used once all the same", async (t) => {
      const { fake, until, sent, endOf } = await run(t);
      fake.losing = 1;
      const { id, grantIt } = await asked();
      await until(async () => (await tokenOf(id)) !== null);
      assert.deepEqual([...fake.executions.keys()], [`${id}-0`, `${id}-1`]);
      fake.stopExecutions();
      await until(() => endOf(id, 1) === "Expired");
      await grantIt();
      await until(() => endOf(id, 2) === "Opened");
      assert.equal(sent.length, 1);
    });

    test("tells its token more than once and opens once", async (t) => {
      const { fake, until, sent, endOf } = await run(t);
      fake.copies = 3;
      const { id, grantIt } = await asked();
      await until(async () => (await tokenOf(id)) !== null);
      await grantIt();
      await until(() => endOf(id) === "Opened");
      assert.deepEqual([sent.length, fake.tasks.length], [1, 1]);
    });

    test("opens nothing for whoever begins or answers one without a grant, and people are told of the task that found none", async (t) => {
      const { fake, workflow, until, sent, endOf } = await run(t);
      const nobodys = randomUUID();
      fake.begin(`${nobodys}-0`, { request: nobodys, tenant });
      await until(() => endOf(nobodys) === "NotGranted");

      const { id, grantIt } = await asked();
      await until(async () => (await tokenOf(id)) !== null);
      const forger = workflow();
      t.after(() => forger.close());
      await forger.answer((await tokenOf(id))!, { grant: randomUUID(), executeBefore: new Date(Date.now() + 60_000) });
      await until(() => endOf(id) === "OpenerFailed");
      assert.deepEqual([sent.length, fake.told], [0, [`request ${id}`]]);
      await grantIt();
      await until(() => endOf(id, 1) === "Opened");
      assert.equal(sent.length, 1);
    });

    test("is not begun twice under one name, and what is not there is told apart from what is away", async (t) => {
      const { fake, workflow } = await run(t);
      const execution = { request: randomUUID(), tenant, round: 0 };
      const given = workflow();
      t.after(() => given.close());
      await given.begin(execution);
      await given.begin(execution);
      fake.stopExecutions();
      await given.begin(execution);
      assert.equal([...fake.executions.keys()].filter((name) => name.startsWith(execution.request)).length, 1);
      assert.equal(await given.answer("made up", { ended: "denied" }), false);
      const connection = { place: sovereignPlace, emulator: { endpoint: fake.endpoint, credentials } };
      const other = new AwsReleaseWorkflow({ connection, machine: `${fake.machine}-other`, queue: fake.queue });
      t.after(() => other.close());
      await assert.rejects(other.begin(execution), { name: "WorkflowError", code: "misconfigured" });
      const away = new AwsReleaseWorkflow({
        connection: { place: sovereignPlace, emulator: { endpoint: "http://127.0.0.1:1", credentials } },
        machine: fake.machine,
        queue: fake.queue,
      });
      t.after(() => away.close());
      await assert.rejects(away.begin(execution), { name: "WorkflowError", code: "unavailable" });
      await assert.rejects(away.answer("any", { ended: "denied" }), { code: "unavailable" });
    });
  });
});
