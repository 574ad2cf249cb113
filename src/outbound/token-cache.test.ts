import assert from "node:assert/strict";
import { test } from "node:test";
import { TokenCache } from "./token-cache.ts";

function issuing(expiresInSeconds = 3600) {
  let issued = 0;
  return { issue: async () => ({ token: `token ${++issued}`, expiresInSeconds }), count: () => issued };
}

test("asks once for all who come at the same time, and again shortly before the token ends", async () => {
  let now = 0;
  const cache = new TokenCache(() => now);
  const { issue } = issuing();
  assert.deepEqual(await Promise.all([cache.of("a", issue), cache.of("a", issue)]), ["token 1", "token 1"]);
  now = 3_600_000 - 60_001;
  assert.equal(await cache.of("a", issue), "token 1");
  now += 1;
  assert.equal(await cache.of("a", issue), "token 2");
});

test("a token of seconds is used for nine tenths of them", async () => {
  let now = 0;
  const cache = new TokenCache(() => now);
  const { issue } = issuing(10);
  await cache.of("a", issue);
  now = 8_999;
  assert.equal(await cache.of("a", issue), "token 1");
  now = 9_000;
  assert.equal(await cache.of("a", issue), "token 2");
});

test("a refused token is asked for anew, once, however many calls were refused with it", async () => {
  const cache = new TokenCache(() => 0);
  const { issue, count } = issuing();
  const token = await cache.of("a", issue);
  await cache.forget("a", token);
  assert.equal(await cache.of("a", issue), "token 2");
  await cache.forget("a", token);
  assert.equal(await cache.of("a", issue), "token 2");
  assert.equal(count(), 2);
});

test("a failure is everybody's who waited, and nobody's afterwards; credentials have tokens of their own", async () => {
  const cache = new TokenCache(() => 0);
  const failing = () => Promise.reject(new Error("away"));
  await Promise.all([assert.rejects(cache.of("a", failing), /away/), assert.rejects(cache.of("a", failing), /away/)]);
  const { issue } = issuing();
  assert.equal(await cache.of("a", issue), "token 1");
  assert.equal(await cache.of("b", issue), "token 2");
});

test("a token of a credential that is not in use any more is gone", async () => {
  const cache = new TokenCache(() => 0);
  let issued = 0;
  const issue = async () => ({ token: `t${++issued}`, expiresInSeconds: 3600 });
  assert.deepEqual([await cache.of("kept", issue), await cache.of("gone", issue)], ["t1", "t2"]);
  cache.keep(new Set(["kept"]));
  assert.deepEqual([await cache.of("kept", issue), await cache.of("gone", issue)], ["t1", "t3"]);
});
