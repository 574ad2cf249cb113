import assert from "node:assert/strict";
import { test } from "node:test";
import { startHostileQueue } from "../../../test/support/hostile-queue.ts";
import { databaseWithTenant, plain, receive, shownStates } from "../../../test/support/received-jobs.ts";
import type { TestDatabase } from "../../../test/support/database.ts";
import type { AwsConnection } from "../../aws/connection.ts";
import { programLog } from "../log.ts";
import { noSpans } from "../telemetry/spans.ts";
import { type QueueWorkParts, workQueue } from "./worker-queue.ts";

function partsOf(database: TestDatabase, aws: AwsConnection, settings: QueueWorkParts["settings"]): QueueWorkParts {
  const connection = database.connection("parcelkeep_worker");
  return {
    pool: database.pool("parcelkeep_worker"),
    log: programLog("silent", "test"),
    spans: noSpans,
    done: () => {},
    settings,
    aws,
    connection,
  };
}

test("a queue that is away at the start is waited for, and jobs go by it when it is there", async (t) => {
  const [database, hostile] = [await databaseWithTenant(t), await startHostileQueue(t)];
  const { connection, arn, key } = hostile.made;
  const aws = { ...connection, emulator: { ...connection.emulator!, endpoint: hostile.env["PARCELKEEP_AWS_TEST_ENDPOINT"]! } };
  hostile.isAway = true;
  const work = await workQueue(partsOf(database, aws, { arn, key }));
  await receive(database, { message: plain, lane: 3 });
  hostile.calm();
  const deadline = performance.now() + 60_000;
  while ((await shownStates(database)).length === 0) assert.ok(performance.now() < deadline, "waited in vain");
  await work.stop();
});

test("a worker whose queue never comes is stopped at once", async (t) => {
  const [database, hostile] = [await databaseWithTenant(t), await startHostileQueue(t)];
  const { connection, arn, key } = hostile.made;
  const aws = { ...connection, emulator: { ...connection.emulator!, endpoint: "http://127.0.0.1:9" } };
  const work = await workQueue(partsOf(database, aws, { arn, key }));
  work.ring();
  await work.stop();
});
