import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { RedisCache } from "./redis-cache.ts";

/* What a real server is not needed for; the rest runs on one (test/services/redis.test.ts). */

/** As much of Redis as lets a user in and knows no key (RESP2). @returns its address. */
async function serverWithPassword(t: TestContext, password: string): Promise<string> {
  const server = createServer((socket) => {
    let isIn = false;
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      for (const command of bytes.toString("utf8").split(/(?=\*\d+\r\n\$)/)) {
        const [name, ...words] = command.split("\r\n").filter((_, place) => place > 0 && place % 2 === 0);
        if (name === "auth") isIn = words.at(-1) === password;
        socket.write(!isIn ? "-NOAUTH Authentication required.\r\n" : name === "auth" ? "+OK\r\n" : "*2\r\n$-1\r\n$-1\r\n");
      }
    });
    t.after(() => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `redis://parcelkeep@127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a cache whose first passwords could not be made is used once there is one", async (t) => {
  const failures: unknown[] = [];
  let asked = 0;
  const cache = await RedisCache.open({
    url: await serverWithPassword(t, "token"),
    digest: () => "a".repeat(64),
    commandMs: 5_000,
    password: async () => {
      if (++asked < 2) throw new Error("no credentials");
      return "token";
    },
    onNoPassword: (error) => void failures.push(error),
  });
  t.after(() => cache.close());
  const deadline = performance.now() + 60_000;
  while ((await cache.begin("a")).generation === null) {
    assert.ok(performance.now() < deadline, "waited in vain");
    await new Promise(setImmediate);
  }
  assert.deepEqual([asked, failures.length], [2, 1]);
});
