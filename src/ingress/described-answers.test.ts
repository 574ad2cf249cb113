import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { buildServer } from "./server.ts";
import type { Services } from "./services.ts";

test("every call is described with its answer's status and its problems, and the page of the reference may ask nobody else", async (t) => {
  const app = await buildServer({} as Services, pino({ level: "silent" }));
  t.after(() => app.close());
  const description = (await app.inject("/openapi.json")).json();
  const statusOf = (method: string, path: string): string[] => Object.keys(description.paths[path][method].responses);
  for (const [method, path, status] of [
    ["post", "/v1/hooks/{endpointId}", "202"],
    ["post", "/v1/shipments", "202"],
    ["post", "/v1/shipments/import", "200"],
    ["get", "/v1/shipments", "200"],
    ["get", "/v1/receipts/{id}", "200"],
    ["get", "/v1/dead-letters", "200"],
    ["post", "/v1/dead-letters/{id}/retry", "202"],
    ["post", "/v1/endpoints", "201"],
    ["get", "/v1/track/{publicId}", "200"],
    ["get", "/v1/session", "200"],
    ["post", "/v1/operators/invitations", "201"],
    ["post", "/v1/api-keys", "201"],
  ] as const)
    assert.deepEqual(statusOf(method, path), [status, "default"]);
  for (const calls of Object.values<Record<string, { responses: object }>>(description.paths))
    for (const { responses } of Object.values(calls)) assert.ok("default" in responses);
  const post = description.paths["/v1/shipments"].post;
  assert.deepEqual([post.security, post.description], [[{ apiKey: [] }, { session: [] }], "Scope: `write`."]);
  assert.equal(description.paths["/v1/hooks/{endpointId}"].post.security, undefined);
  const policy = String((await app.inject("/docs/")).headers["content-security-policy"]);
  assert.match(policy, /connect-src 'self';/);
  assert.doesNotMatch(policy, /https?:|\*/);
});
