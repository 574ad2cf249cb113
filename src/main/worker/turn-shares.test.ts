import assert from "node:assert/strict";
import { test } from "node:test";
import { type InboxJob, laneCount, type Turn, TurnError, type TurnPlan, type TurnShare } from "../../store/worker-store.ts";
import { TurnShares } from "./turn-shares.ts";

const plan = (): TurnPlan => assert.fail("the store calls it");
const turnOf = (jobs: number): Turn => ({ jobs, failed: 0, changed: [] });

test("takes all lanes while little waits, and some of them in turn while more waits than a turn takes", async () => {
  const shares = new TurnShares(plan);
  const taken: [number, number][] = [];
  for (const jobs of [3, 500, 500, 500, 20, 3]) {
    await shares.next(async ({ firstLane, lanesMax }) => {
      taken.push([firstLane, lanesMax]);
      return turnOf(jobs);
    });
  }
  assert.deepEqual(taken, [
    [0, laneCount],
    [0, laneCount],
    [0, 16],
    [16, 16],
    [32, 16],
    [48, laneCount],
  ]);
});

test("finds a job that is refused and puts it into the dead letters; the others are applied", async () => {
  const inbox = Array.from({ length: 300 }, (_, index) => `job-${index}`);
  const dead: string[] = [];
  const take = async ({ jobsMax }: TurnShare, planOf: (jobs: readonly InboxJob[]) => TurnPlan): Promise<Turn> => {
    const jobs = inbox.slice(0, jobsMax);
    const isDeadLetter = planOf !== plan;
    if (!isDeadLetter && jobs.includes("job-123")) throw new TurnError("refused", "a value", { cause: null });
    inbox.splice(0, jobs.length);
    if (isDeadLetter) {
      const { failed } = planOf(jobs.map((message) => ({ record: "", tenant: "", message }))).apply([]);
      dead.push(...failed.map(({ job }) => jobs[job]!));
    }
    return turnOf(jobs.length);
  };
  const shares = new TurnShares(plan);
  for (let turns = 0; inbox.length > 0; turns++) {
    assert.ok(turns < 50);
    await shares.next(take).catch((error: unknown) => assert.equal((error as TurnError).code, "refused"));
  }
  assert.deepEqual(dead, ["job-123"]);
});

test("takes the same again when the database is away", async () => {
  const shares = new TurnShares(plan);
  const taken: TurnShare[] = [];
  for (let round = 0; round < 2; round++) {
    await assert.rejects(
      shares.next(async (share) => {
        taken.push(share);
        throw new TurnError("unavailable", "away", { cause: null });
      }),
      { code: "unavailable" },
    );
  }
  assert.deepEqual(taken[1], taken[0]);
});
