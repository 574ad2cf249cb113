import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { capturedIngress } from "./captured-ingress.ts";

/** A front that answers each request with the next of these statuses, the last for good. */
async function front(t: TestContext, ...statuses: readonly number[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    request.resume();
    response.writeHead(statuses[Math.min(asked.length, statuses.length) - 1]!).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const failures: string[] = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    door: capturedIngress(
      async () => url,
      "pkc_test",
      (why) => failures.push(why),
    ),
    asked,
    failures,
  };
}

test("an answer is handed in again while the front is away, and is in when it is back", async (t) => {
  const { door, asked, failures } = await front(t, 503, 429, 202);
  assert.equal(await door.handIn("t&t", "gls", Buffer.from("{}")), "taken");
  assert.deepEqual([asked.length, asked[0], failures], [3, "/v1/captured?tenant=t%26t&source=gls", []]);
});

test("a door that does not open to the key is away: the answer is asked for again when that is mended", async (t) => {
  const { door, failures } = await front(t, 403, 403, 403, 403, 403);
  assert.equal(await door.handIn("t", "gls", Buffer.from("{}")), "away");
  assert.deepEqual(failures, ["later"]);
});

test("one that the front refuses as it is is not handed in again", async (t) => {
  const { door, asked, failures } = await front(t, 413);
  assert.equal(await door.handIn("t", "gls", Buffer.from("{}")), "refused");
  assert.equal(await door.take("t", "gls", Buffer.from("{}")), false);
  assert.deepEqual([asked.length, failures], [2, ["refused", "refused"]]);
});
