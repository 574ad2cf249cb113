import { test } from "node:test";
import { sovereignPlace } from "../../src/aws/place.ts";
import { jobQueueContract } from "../../src/cloud/job-queue.contract.ts";
import { sqsUnderTest } from "../support/queue-under-test.ts";

/* The contract over the wire against moto's server (PyPI `moto[server]`, 5.2.5): PARCELKEEP_TEST_AWS_ENDPOINT=http://127.0.0.1:5000. What it cannot prove: docs/operations/queue.md. */
const given = process.env["PARCELKEEP_TEST_AWS_ENDPOINT"];

if (given === undefined) test("SQS on an emulator", { skip: "PARCELKEEP_TEST_AWS_ENDPOINT names no emulator" }, () => {});
else jobQueueContract("SQS on moto", () => sqsUnderTest(given, sovereignPlace));
