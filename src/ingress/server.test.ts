import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { buildServer } from "./server.ts";
import type { Services } from "./services.ts";

const quiet = pino({ level: "silent" });

test("a server that stops answers with a problem and when to come again", async () => {
  const app = await buildServer({} as Services, quiet);
  let address = "";
  const refusals: (readonly [number, string | null, string | null, string])[] = [];
  // The last of these hooks: the server still listens.
  app.addHook("preClose", async () => {
    const answer = await fetch(`${address}/healthz`);
    const { code } = (await answer.json()) as { code: string };
    refusals.push([answer.status, answer.headers.get("content-type"), answer.headers.get("retry-after"), code]);
  });
  address = await app.listen({ host: "127.0.0.1", port: 0 });
  await app.close();
  assert.deepEqual(refusals, [[503, "application/problem+json; charset=utf-8", "5", "stopping"]]);
});

test("a database that is away is told apart from a mistake, and neither says a word of the request", async (t) => {
  const failing = (error: Error): Services => ({ track: () => Promise.reject(error) }) as unknown as Services;
  for (const [error, status, code] of [
    [Object.assign(new Error("refused Ida"), { code: "ECONNREFUSED" }), 503, "busy"],
    [Object.assign(new Error("shutting down Ida"), { code: "57P01" }), 503, "busy"],
    [new Error("Connection terminated unexpectedly"), 503, "busy"],
    [Object.assign(new Error("duplicate key Ida"), { code: "23505" }), 500, "internal_error"],
    [new TypeError("Ida"), 500, "internal_error"],
  ] as const) {
    const app = await buildServer(failing(error), quiet);
    t.after(() => app.close());
    const answer = await app.inject(`/v1/track/${"a".repeat(22)}`);
    assert.deepEqual([answer.statusCode, answer.json().code], [status, code]);
    assert.equal(answer.headers["retry-after"], status === 503 ? "5" : undefined);
    assert.doesNotMatch(answer.body, /Ida/);
  }
});

test("a sender's own word for its address counts for nothing; that of our proxy does", async (t) => {
  for (const [hops, seen] of [
    [0, "127.0.0.1"],
    [1, "198.51.100.7"],
  ] as const) {
    const addresses: string[] = [];
    const receiveHook: Services["receiveHook"] = async (_id, { remoteAddress }) => {
      addresses.push(remoteAddress);
      return { receipt: "r", duplicate: false };
    };
    const app = await buildServer({ receiveHook } as unknown as Services, quiet, hops);
    t.after(() => app.close());
    const headers = { "x-forwarded-for": "203.0.113.1, 198.51.100.7", "content-type": "text/plain" };
    await app.inject({ method: "POST", url: "/v1/hooks/x", headers, payload: "{}" });
    assert.deepEqual(addresses, [seen]);
  }
});

test("what goes wrong stands in the log that the server was given, by its kind", async (t) => {
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line) => lines.push(line) });
  const receiveHook: Services["receiveHook"] = () => Promise.reject(new TypeError("Ida"));
  const app = await buildServer({ receiveHook } as unknown as Services, log);
  t.after(() => app.close());
  const answer = await app.inject({ method: "POST", url: "/v1/hooks/x", payload: "{}" });
  assert.equal(answer.statusCode, 500);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)).map(({ level, error, route, msg }) => ({ level, error, route, msg })),
    [{ level: 50, error: "TypeError", route: "/v1/hooks/:endpointId", msg: "request failed" }],
  );
});

test("a webhook is acknowledged with its receipt, and a repetition is told", async (t) => {
  let duplicate = false;
  const receiveHook: Services["receiveHook"] = async () => ({ receipt: "0192f7a0-0000-7000-8000-000000000000", duplicate });
  const app = await buildServer({ receiveHook } as unknown as Services, quiet);
  t.after(() => app.close());
  for (const told of [undefined, "true"]) {
    duplicate = told !== undefined;
    const answer = await app.inject({ method: "POST", url: "/v1/hooks/x", payload: "{}" });
    assert.equal(answer.statusCode, 202);
    assert.equal(answer.body, '{"receipt":"0192f7a0-0000-7000-8000-000000000000"}');
    assert.equal(answer.headers["content-type"], "application/json; charset=utf-8");
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
    assert.equal(answer.headers["idempotent-replay"], told);
  }
});
