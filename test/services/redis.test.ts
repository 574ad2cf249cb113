import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "iovalkey";
import { RedisCache, type RedisCacheOptions } from "../../src/cloud/redis-cache.ts";
import { trackingCacheContract } from "../../src/cloud/tracking-cache.contract.ts";
import { RedisServer } from "../support/redis-server.ts";
import { localCertificate } from "../support/test-certificate.ts";

/* The shared tracking cache on a real Redis or Valkey: PARCELKEEP_REDIS_SERVER names its program, such as `redis-server`. */
const command = process.env["PARCELKEEP_REDIS_SERVER"];
if (command === undefined) {
  test("the cache in Redis", { skip: "PARCELKEEP_REDIS_SERVER names no server" }, () => {});
} else {
  runOn(command);
}

function runOn(program: string): void {
  const digest = (key: string): string => hash("sha256", key);
  let redis: RedisServer;
  before(async () => {
    redis = await RedisServer.start(program);
  });
  after(() => redis.end());

  /** One that answers. */
  const opened = async (options: Partial<RedisCacheOptions> = {}): Promise<RedisCache> => {
    const cache = await RedisCache.open({ url: redis.url, digest, commandMs: 5_000, ...options });
    await until(async () => (await cache.begin("asked")).generation !== null);
    return cache;
  };
  const openedFor = async (t: TestContext, options: Partial<RedisCacheOptions> = {}): Promise<RedisCache> => {
    const cache = await opened(options);
    t.after(() => cache.close());
    return cache;
  };

  let world = 0;
  trackingCacheContract("Redis", async () => {
    const name = world++;
    const ttlMs = 1_000;
    const cache = await opened({ ttlMs, digest: (key) => digest(`${name}/${key}`) });
    return { cache, ttlMs, passTime: (milliseconds) => wait(milliseconds), close: () => cache.close() };
  });

  test("what one process invalidates or clears, all forget, and none fills with what it had read before", async (t) => {
    const [one, two] = [await openedFor(t), await openedFor(t)];
    await one.set("shared", Buffer.from("old"));
    assert.equal((await two.get("shared"))?.toString(), "old");
    const slow = await two.begin("shared");
    await one.invalidate(["shared"]);
    assert.equal(await two.get("shared"), undefined);
    assert.equal(await two.fill(slow, Buffer.from("old")), false);
    const slower = await two.begin("shared");
    await one.clear();
    assert.equal(await two.fill(slower, Buffer.from("old")), false);
  });

  test("no key holds an id, and everything expires", async (t) => {
    const cache = await openedFor(t);
    await cache.set("8d8ac610-566d-4ef0-9c22-186b2a5ed793/1Z999AA10123456784", Buffer.from("x"));
    await cache.clear();
    const plain = new Redis(redis.url);
    t.after(() => plain.disconnect());
    const keys = await plain.keys("*");
    assert.ok(keys.length > 16);
    for (const key of keys) {
      assert.match(key, /^pk:\{[0-9a-f]\}:(?:c|[0-9a-f]{64}(?::g)?)$/);
      assert.ok((await plain.pttl(key)) > 0, "nothing stays");
    }
  });

  test("a value that is larger than it may be is not kept", async (t) => {
    const cache = await openedFor(t);
    assert.equal(await cache.fill(await cache.begin("large"), Buffer.alloc(65 * 1024)), false);
  });

  test("a cache that is gone is missed quickly, is not asked for a while, and is used again when it is back", async (t) => {
    const mine = await RedisServer.start(program);
    t.after(() => mine.end());
    let away = 0;
    const cache = await openedFor(t, { url: mine.url, onAway: () => void away++ });
    await cache.set("a", Buffer.from("before"));
    const ticket = await cache.begin("a");
    await mine.kill();
    for (let round = 0; round < 20; round++) assert.equal(await cache.get("a"), undefined);
    assert.equal(away, 1);
    await cache.invalidate(["a"]);
    await cache.clear();
    assert.equal((await cache.begin("a")).generation, null);
    assert.equal(await cache.fill(await cache.begin("a"), Buffer.from("x")), false);
    await mine.resume();
    // The invalidation was lost, and so was all that stood there: a ticket of before may fill within its expiry, as where an invalidation is lost.
    await until(async () => {
      await cache.set("a", Buffer.from("after"));
      return (await cache.get("a"))?.toString() === "after";
    });
    assert.equal(await cache.fill(ticket, Buffer.from("before")), false, "somebody has set it since");
    assert.ok(cache.counters().failures > 0);
  });

  test("a cache that hangs costs a read its time-out a few times, and then nothing", async (t) => {
    const mine = await RedisServer.start(program);
    t.after(() => mine.end());
    const cache = await openedFor(t, { url: mine.url });
    const hasty = await openedFor(t, { url: mine.url, commandMs: 200 });
    await cache.set("a", Buffer.from("x"));
    mine.pause();
    const before = hasty.counters().failures;
    for (let round = 0; round < 50; round++) assert.equal(await hasty.get("a"), undefined);
    assert.equal(hasty.counters().failures - before, 50);
  });

  test("comes in by TLS and as a user that may do nothing else", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "redis-tls-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const files = { certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
    writeFileSync(files.certificate, localCertificate.cert);
    writeFileSync(files.key, localCertificate.key);
    const secure = await RedisServer.start(program, [
      "tls-port PORT",
      `tls-cert-file ${files.certificate}`,
      `tls-key-file ${files.key}`,
      "tls-auth-clients no",
      "user default off",
      "user parcelkeep on >secret ~pk:* resetchannels -@all +mget +set +get +del +eval +evalsha",
    ]);
    t.after(() => secure.end());
    const url = `rediss://parcelkeep:wrong@localhost:${secure.port}`;
    const cache = await openedFor(t, { url, authorities: localCertificate.cert, password: async () => "secret" });
    await cache.set("a", Buffer.from("x"));
    assert.equal((await cache.get("a"))?.toString(), "x");
    const unknown = await RedisCache.open({ url: url.replace("wrong", "secret"), digest, commandMs: 5_000, authorities: undefined });
    t.after(() => unknown.close());
    for (let round = 0; round < 5; round++) {
      assert.equal((await unknown.begin("a")).generation, null, "a certificate of nobody that is trusted");
      await wait(50);
    }
  });
}

async function until(check: () => Promise<boolean>): Promise<void> {
  const late = performance.now() + 30_000;
  while (!(await check())) {
    if (performance.now() > late) throw new Error("waited in vain");
    await wait(20);
  }
}
