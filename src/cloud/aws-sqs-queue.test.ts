import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { SendMessageCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { createQueue, type EmulatedQueue, fauxqsPlace, queueKeyIn, startSqsEmulator } from "../../test/support/emulated-queue.ts";
import { sqsUnderTest } from "../../test/support/queue-under-test.ts";
import { openSqsQueue } from "./aws-sqs-queue.ts";
import { jobQueueContract } from "./job-queue.contract.ts";

let emulator: Awaited<ReturnType<typeof startSqsEmulator>>;
before(async () => void (emulator = await startSqsEmulator()));
after(() => emulator.server.stop());

jobQueueContract("SQS on fauxqs", () => sqsUnderTest(emulator.endpoint, fauxqsPlace));

const openQueue = ({ connection, arn, key }: EmulatedQueue) => openSqsQueue({ connection, arn, key });
const queueKey = queueKeyIn(fauxqsPlace);

test("a queue made as it has to be is opened, and says what it does by itself", async () => {
  const made = await createQueue(emulator.endpoint, fauxqsPlace);
  const queue = await openQueue(made);
  assert.deepEqual(queue.facts, {
    visibilityMs: 30_000,
    receivesMax: 5,
    deadLettersArn: made.arn.replace(/\.fifo$/, "-dead.fifo"),
    warnings: [],
  });
  await queue.close();
});

for (const [what, attributes, attribute] of [
  ["drops by content", { ContentBasedDeduplication: "true" }, "ContentBasedDeduplication"],
  ["is encrypted under another key", { KmsMasterKeyId: queueKey.replace("11111111-", "99999999-") }, "KmsMasterKeyId"],
  ["is encrypted under SQS's own key", { KmsMasterKeyId: "" }, "KmsMasterKeyId"],
  ["has no dead letters", { RedrivePolicy: "" }, "RedrivePolicy"],
  ["gives up at once", { RedrivePolicy: '{"deadLetterTargetArn":"DEAD","maxReceiveCount":"4"}' }, "RedrivePolicy"],
  ["hands out again before a turn is over", { VisibilityTimeout: "2" }, "VisibilityTimeout"],
] as const) {
  test(`a queue that ${what} is not used`, async () => {
    const made = await createQueue(emulator.endpoint, fauxqsPlace);
    const changed = Object.entries(attributes).map(([name, value]) => [
      name,
      value.replace("DEAD", made.arn.replace(/\.fifo$/, "-dead.fifo")),
    ]);
    await made.client.send(new SetQueueAttributesCommand({ QueueUrl: made.url, Attributes: Object.fromEntries(changed) }));
    await assert.rejects(openQueue(made), { name: "QueueError", code: "misconfigured", message: new RegExp(attribute) });
  });
}

test("dead letters that are not encrypted under the key are not used", async () => {
  const made = await createQueue(emulator.endpoint, fauxqsPlace);
  await made.client.send(new SetQueueAttributesCommand({ QueueUrl: made.deadUrl, Attributes: { KmsMasterKeyId: "alias/aws/sqs" } }));
  await assert.rejects(openQueue(made), { code: "misconfigured", message: /dead letters/ });
});

test("a queue, a key or dead letters of another partition or region are refused before anything is asked of them", async () => {
  const made = await createQueue(emulator.endpoint, fauxqsPlace);
  const { arn } = made;
  await assert.rejects(openQueue({ ...made, arn: arn.replace("arn:aws:", "arn:aws-eusc:") }), {
    name: "PlaceError",
    code: "wrong-partition",
  });
  await assert.rejects(openQueue({ ...made, arn: arn.replace("eu-central-1", "us-east-1") }), { code: "wrong-region" });
  await assert.rejects(openQueue({ ...made, key: queueKey.replace("arn:aws:", "arn:aws-eusc:") }), { code: "wrong-partition" });
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn.replace("arn:aws:", "arn:aws-eusc:"), maxReceiveCount: "5" });
  await made.client.send(new SetQueueAttributesCommand({ QueueUrl: made.url, Attributes: { RedrivePolicy } }));
  await assert.rejects(openQueue(made), { name: "PlaceError", code: "wrong-partition" });
});

test("a queue that is not there is for somebody to make; one that is not reached is tried again", async () => {
  const made = await createQueue(emulator.endpoint, fauxqsPlace);
  await assert.rejects(openQueue({ ...made, arn: made.arn.replace(/[^:]*$/, "none.fifo") }), { name: "QueueError", code: "misconfigured" });
  const nowhere = { place: made.connection.place, emulator: { ...made.connection.emulator!, endpoint: "http://127.0.0.1:9" } };
  await assert.rejects(openQueue({ ...made, connection: nowhere }), { name: "QueueError", code: "unavailable" });
});

test("a job that is named twice within minutes is handed out once", async () => {
  const queue = await openQueue(await createQueue(emulator.endpoint, fauxqsPlace));
  const job = { id: "job-1", group: "lane-1" };
  assert.deepEqual(await queue.send([job]), [true]);
  assert.deepEqual(await queue.send([job, { ...job, id: "job-2" }]), [true, true]);
  const held = [...(await queue.receive({ max: 10, waitMs: 0 }))];
  await queue.settle(held);
  held.push(...(await queue.receive({ max: 10, waitMs: 0 })));
  assert.deepEqual(
    held.map(({ id }) => id),
    ["job-1", "job-2"],
  );
  await queue.close();
});

test("what is received too often without an end goes to the dead letters by itself, its group and the others go on, and it is brought back when told to", async () => {
  const queue = await openQueue(await createQueue(emulator.endpoint, fauxqsPlace));
  await queue.send([
    { id: "job-1", group: "lane-1" },
    { id: "job-2", group: "lane-1" },
    { id: "job-3", group: "lane-2" },
  ]);
  const receives: [string, number][] = [];
  for (let round = 0; round < 5; round++) {
    const held = await queue.receive({ max: 10, waitMs: 0 });
    const poison = held.filter(({ id }) => id === "job-1");
    receives.push(...poison.map(({ id, receives: count }): [string, number] => [id, count]));
    await queue.release(poison);
    await queue.settle(held.filter(({ id }) => id !== "job-1"));
  }
  assert.deepEqual(receives, [
    ["job-1", 1],
    ["job-1", 2],
    ["job-1", 3],
    ["job-1", 4],
    ["job-1", 5],
  ]);
  const next = await queue.receive({ max: 10, waitMs: 0 });
  assert.deepEqual(
    next.map(({ id }) => id),
    ["job-2"],
  );
  await queue.settle(next);
  assert.equal((await queue.counts()).dead, 1);
  assert.equal(await queue.redrive(), 1);
  const brought = await queue.receive({ max: 10, waitMs: 0 });
  assert.deepEqual(
    brought.map(({ id }) => id),
    ["job-1"],
  );
  assert.equal((await queue.counts()).dead, 0);
  await queue.close();
});

test("what is no message of ours is not handed out, and ends among the dead letters", async () => {
  const made = await createQueue(emulator.endpoint, fauxqsPlace);
  const queue = await openQueue(made);
  const foreign = { QueueUrl: made.url, MessageBody: "Ida Musterweg", MessageGroupId: "foreign", MessageDeduplicationId: "x" };
  await made.client.send(new SendMessageCommand(foreign));
  await queue.send([{ id: "job-1", group: "lane-1" }]);
  const ids = (await queue.receive({ max: 10, waitMs: 0 })).map(({ id }) => id);
  assert.deepEqual(ids, ["job-1"]);
  await queue.close();
});

test("of a batch that is taken in part, each message's own outcome is told; the rest is sent once more", async (t) => {
  const made = await createQueue(emulator.endpoint, fauxqsPlace);
  // Answers for SQS that one entry failed, and passes the others on.
  const proxy = await startProxy(emulator.endpoint, (body) => {
    const request = JSON.parse(body) as { Entries?: { Id: string }[] };
    const kept = request.Entries?.filter(({ Id }) => Id !== "1");
    return JSON.stringify({ ...request, ...(kept === undefined ? {} : { Entries: kept }) });
  });
  t.after(() => proxy.close());
  const connection = { ...made.connection, emulator: { ...made.connection.emulator!, endpoint: addressOf(proxy) } };
  const [viaProxy, direct] = [await openQueue({ ...made, connection }), await openQueue(made)];
  const jobs = [1, 2, 3].map((serial) => ({ id: `job-${serial}`, group: `lane-${serial}` }));
  assert.deepEqual(await viaProxy.send(jobs), [true, false, true]);
  assert.deepEqual(await direct.send(jobs), [true, true, true]);
  const held = await direct.receive({ max: 10, waitMs: 0 });
  assert.deepEqual(held.map(({ id }) => id).toSorted(), ["job-1", "job-2", "job-3"]);
  // Ends and extensions are told one by one too.
  assert.deepEqual(await viaProxy.extend(held), [true, false, true]);
  assert.deepEqual(await viaProxy.settle(held), [true, false, true]);
  for (const queue of [viaProxy, direct]) await queue.close();
});

test("a queue that goes away in the middle loses nothing of what it has taken", async (t) => {
  const made = await createQueue(emulator.endpoint, fauxqsPlace);
  const proxy = await startProxy(emulator.endpoint, (body) => {
    if (body.includes('"MessageBody"') && body.includes("job-13")) throw new Error("away");
    return body;
  });
  t.after(() => proxy.close());
  const connection = { ...made.connection, emulator: { ...made.connection.emulator!, endpoint: addressOf(proxy) } };
  const queue = await openQueue({ ...made, connection });
  const jobs = Array.from({ length: 25 }, (_, serial) => ({ id: `job-${serial}`, group: `lane-${serial}` }));
  assert.deepEqual(
    await queue.send(jobs),
    jobs.map((_, place) => place < 10),
  );
  await assert.rejects(queue.send(jobs.slice(10)), { name: "QueueError", code: "unavailable" });
  await queue.close();
});

async function startProxy(target: string, change: (body: string) => string): Promise<Server> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { host: _, connection: __, "content-length": ___, ...headers } = request.headers as Record<string, string>;
      const answer = await fetch(`${target}${request.url}`, { method: "POST", headers, body: change(Buffer.concat(chunks).toString()) });
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
      response.end(Buffer.from(await answer.arrayBuffer()));
    })().catch(() => request.socket.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
