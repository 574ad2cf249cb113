import { test } from "node:test";
import { sovereignPlace } from "../../src/aws/place.ts";
import { eventBusContract } from "../../src/cloud/event-bus.contract.ts";
import { eventBridgeUnderTest, snsUnderTest } from "../support/emulated-bus.ts";

/*
 * The contract over the wire against moto's server (PyPI `moto[server]`, 5.2.5): PARCELKEEP_TEST_AWS_ENDPOINT=http://127.0.0.1:5000. What it cannot prove:
 * docs/operations/event-bus.md.
 */
const given = process.env["PARCELKEEP_TEST_AWS_ENDPOINT"];

if (given === undefined) test("event buses on an emulator", { skip: "PARCELKEEP_TEST_AWS_ENDPOINT names no emulator" }, () => {});
else {
  eventBusContract("EventBridge on moto", () => eventBridgeUnderTest(given, sovereignPlace));
  eventBusContract("SNS on moto", () => snsUnderTest(given, sovereignPlace, false));
}
