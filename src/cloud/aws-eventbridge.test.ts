import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { sovereignPlace } from "../aws/place.ts";
import { eventBridgeBus } from "./aws-eventbridge.ts";
import { entriesMax, bytesMax } from "./event-batches.ts";
import { type BusUnderTest, eventBusContract, someEvent } from "./event-bus.contract.ts";

const busArn = "arn:aws-eusc:events:eusc-de-east-1:111122223333:event-bus/parcelkeep";

interface Entry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

/** PutEvents as its reference has it: refuses calls over its bounds, and answers each entry by itself. */
async function fakeEventBridge(errorOf: (entry: Entry, call: number) => string | null = () => null, refusal: string | null = null) {
  const entries: Entry[] = [];
  let calls = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { Entries } = JSON.parse(Buffer.concat(chunks).toString()) as { Entries: Entry[] };
      calls++;
      const bytes = Entries.reduce((sum, { Source, DetailType, Detail }) => sum + 14 + Buffer.byteLength(Source + DetailType + Detail), 0);
      response.setHeader("content-type", "application/x-amz-json-1.1");
      if (refusal !== null || Entries.length > entriesMax || bytes > bytesMax) {
        response.writeHead(400);
        return void response.end(JSON.stringify({ __type: refusal ?? "ValidationException" }));
      }
      const answers = Entries.map((entry) => {
        const ErrorCode = errorOf(entry, calls);
        if (ErrorCode === null) entries.push(entry);
        return ErrorCode === null ? { EventId: `e${entries.length}` } : { ErrorCode };
      });
      response.end(JSON.stringify({ FailedEntryCount: answers.filter((answer) => "ErrorCode" in answer).length, Entries: answers }));
    })();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const emulator = { endpoint, credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none" } };
  const bus = eventBridgeBus({ place: sovereignPlace, emulator }, busArn);
  const close = async (): Promise<void> => {
    await bus.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return { bus, entries, close };
}

eventBusContract("EventBridge, as its reference has it", async (): Promise<BusUnderTest> => {
  const { bus, entries, close } = await fakeEventBridge();
  return { bus, close, received: async () => entries.map(({ Detail }) => Detail) };
});

test("an entry says which bus, by its ARN, what kind of event, and who tells", async () => {
  const { bus, entries, close } = await fakeEventBridge();
  await bus.publish([someEvent()]);
  const [{ EventBusName, Source, DetailType }] = entries as [Entry];
  assert.deepEqual([EventBusName, Source, DetailType], [busArn, "parcelkeep", "parcelkeep.shipment.changed"]);
  await close();
});

test("entries that are throttled are put again, those that are malformed are not", async () => {
  const [calm, throttled, malformed] = [someEvent(), someEvent(), someEvent()];
  const { bus, entries, close } = await fakeEventBridge(({ Detail }, call) => {
    if (Detail === malformed.body) return "MalformedDetail";
    return Detail === throttled.body && call === 1 ? "ThrottlingException" : null;
  });
  assert.deepEqual(await bus.publish([calm, throttled, malformed]), [
    { outcome: "published" },
    { outcome: "published" },
    { outcome: "refused", code: "MalformedDetail" },
  ]);
  assert.deepEqual(
    entries.map(({ Detail }) => Detail),
    [calm.body, throttled.body],
  );
  await close();
});

for (const [name, code] of [
  ["AccessDeniedException", "not-permitted"],
  ["ResourceNotFoundException", "misconfigured"],
  ["InternalException", "unavailable"],
] as const) {
  test(`${name} is told as ${code}`, async () => {
    const { bus, close } = await fakeEventBridge(undefined, name);
    await assert.rejects(bus.publish([someEvent()]), { name: "EventBusError", code });
    await close();
  });
}

test("a bus elsewhere, or what is no bus, is refused", () => {
  const connection = { place: sovereignPlace, emulator: null };
  assert.throws(() => eventBridgeBus(connection, busArn.replace("aws-eusc", "aws")), { name: "PlaceError", code: "wrong-partition" });
  assert.throws(() => eventBridgeBus(connection, busArn.replace("eusc-de-east-1", "eu-central-1")), { code: "wrong-region" });
  assert.throws(() => eventBridgeBus(connection, busArn.replace("event-bus", "api-destination")), { code: "misconfigured" });
});
