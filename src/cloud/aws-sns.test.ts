import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { snsUnderTest } from "../../test/support/emulated-bus.ts";
import { fauxqsPlace, startSqsEmulator } from "../../test/support/emulated-queue.ts";
import { sovereignPlace } from "../aws/place.ts";
import { snsTopic } from "./aws-sns.ts";
import { eventBusContract, someEvent } from "./event-bus.contract.ts";

let emulator: Awaited<ReturnType<typeof startSqsEmulator>>;
before(async () => void (emulator = await startSqsEmulator()));
after(() => emulator.server.stop());

eventBusContract("SNS on fauxqs", () => snsUnderTest(emulator.endpoint, fauxqsPlace, false));
eventBusContract("a FIFO topic of SNS on fauxqs", () => snsUnderTest(emulator.endpoint, fauxqsPlace, true));

test("a FIFO topic drops an event that is published again, and keeps the order of a shipment's", async () => {
  const under = await snsUnderTest(emulator.endpoint, fauxqsPlace, true);
  const first = someEvent();
  const second = someEvent({ shipment: first.shipment });
  await under.bus.publish([first]);
  await under.bus.publish([first, second]);
  assert.deepEqual(await under.received(2), [first.body, second.body]);
  await under.close();
});

test("a topic of another partition or region is refused", () => {
  const connection = { place: sovereignPlace, emulator: null };
  for (const [arn, code] of [
    ["arn:aws:sns:eusc-de-east-1:111122223333:changes", "wrong-partition"],
    ["arn:aws-eusc:sns:eu-central-1:111122223333:changes", "wrong-region"],
    ["arn:aws-eusc:sqs:eusc-de-east-1:111122223333:changes", "not-an-arn"],
  ] as const)
    assert.throws(() => snsTopic(connection, arn), { name: "PlaceError", code }, arn);
});
