import assert from "node:assert/strict";
import { test } from "node:test";
import { sovereignPlace } from "../../src/aws/place.ts";
import { eventBridgeUnderTest } from "../support/emulated-bus.ts";
import { jobsBySqs } from "../support/other-adapters.ts";
import { RunningProgram } from "../support/running-program.ts";

/* A whole program by way of SQS and with an event bus, on moto's server: PARCELKEEP_TEST_AWS_ENDPOINT=http://127.0.0.1:5000. */
const given = process.env["PARCELKEEP_TEST_AWS_ENDPOINT"];

if (given === undefined) test("a whole program on an emulator", { skip: "PARCELKEEP_TEST_AWS_ENDPOINT names no emulator" }, () => {});
else {
  test("what becomes of a webhook that went by SQS is heard on the event bus, and counted", async (t) => {
    const heard = await eventBridgeUnderTest(given, sovereignPlace);
    t.after(() => heard.close());
    const program = new RunningProgram({
      ...(await jobsBySqs(given)),
      PARCELKEEP_EVENT_BUS: heard.arn,
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "none",
    });
    t.after(() => program.remove());
    await program.start();
    const { tenant, apiKey: key } = JSON.parse(program.command("tenants", "create", "--name", "Bus", "--json"));
    const { id } = JSON.parse(
      program.command(
        "endpoints",
        "create",
        "--tenant",
        tenant,
        "--source",
        "fedex",
        "--auth",
        "none",
        "--allow-from",
        "127.0.0.1/32",
        "--json",
      ),
    );
    const number = "700000000017";
    const body = JSON.stringify({ output: { completeTrackResults: [{ trackingNumber: number, trackResults: [trackResult(number)] }] } });
    const { receipt } = (await program.call(`/v1/hooks/${id}`, { body, headers: { "content-type": "application/json" } })).json();
    const processed = async () => (await program.call(`/v1/receipts/${receipt}`, { key })).json();
    await program.until(async () => (await processed()).state === "processed", "the record to be processed");
    const [shipment] = (await processed()).shipments;

    const [text] = await heard.received(1);
    const event = JSON.parse(text!) as { subject: string; source: string; data: { status: string; trackingNumber: string } };
    assert.deepEqual([event.subject, event.source, event.data.status], [shipment, `urn:parcelkeep:tenant:${tenant}`, "in_transit"]);
    assert.match(event.data.trackingNumber, /^ptk_/);
    assert.ok(!text!.includes("Musterweg") && !text!.includes(number));

    const counted = async () => (await program.call("/metrics")).text;
    await program.until(async () => /parcelkeep_queue_messages\{state="waiting"\} 0/.test(await counted()), "the queue's own numbers");
    const metrics = await counted();
    for (const line of [
      "parcelkeep_workers 1",
      "parcelkeep_queue_unsent_jobs 0",
      "parcelkeep_event_bus_refused 0",
      "parcelkeep_inbox_depth_per_worker 0",
    ])
      assert.ok(metrics.includes(`${line}\n`), line);
    const { waiting, inFlight, dead, receivesMax } = JSON.parse(program.command("queue", "status", "--json"));
    assert.deepEqual([waiting, inFlight, dead, receivesMax], [0, 0, 0, 5]);
    assert.deepEqual(JSON.parse(program.command("queue", "redrive", "--json")), { moved: 0 });
  });
}

function trackResult(number: string) {
  const recipientInformation = { contact: { personName: "Ida Musterweg" }, address: { city: "Musterstadt", countryCode: "DE" } };
  const scan = { date: "2026-11-20T10:00:00+01:00", eventType: "PU", eventDescription: "Picked up", derivedStatusCode: "PU" };
  return {
    trackingNumberInfo: { trackingNumber: number },
    recipientInformation,
    scanEvents: [{ ...scan, scanLocation: { countryCode: "DE" } }],
  };
}
