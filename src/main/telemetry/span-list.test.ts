import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { checkedAttributes, failureOf, type SpanName, spanList } from "./span-list.ts";

const page = readFileSync(new URL("../../../docs/operations/telemetry.md", import.meta.url), "utf8");

test("the page of telemetry lists every span with its attributes, and no other", () => {
  const rows = Object.entries(spanList).flatMap(([name, { kind, isFrequent, what, fixed, attributes }]) => [
    `| \`${name}\` | ${kind} | ${isFrequent ? "a share" : "each"} | ${what} |`,
    ...Object.entries(fixed).map(([attribute, value]) => `| \`${name}\` | \`${attribute}\` | \`${value}\` |`),
    ...Object.entries(attributes).map(
      ([attribute, value]) => `| \`${name}\` | \`${attribute}\` | ${value.kind === "count" ? "a whole number" : value.described} |`,
    ),
  ]);
  const listed = page.match(/^\| `[a-z]+\.[a-z]+` \|.*$/gm) ?? [];
  assert.deepEqual(new Set(listed), new Set(rows));
});

test("an attribute leaves where its name and its value are of the list, whatever the compiler was told", () => {
  const given = {
    "http.response.status_code": 202,
    "parcelkeep.source": "fedex",
    "parcelkeep.outcome": "accepted",
    "url.path": "/v1/hooks/ida",
    constructor: 1,
  };
  const { attributes, refused } = checkedAttributes("webhook.receive", given);
  assert.deepEqual(attributes, {
    "http.request.method": "POST",
    "http.route": "/v1/hooks/:endpointId",
    "http.response.status_code": 202,
    "parcelkeep.source": "fedex",
    "parcelkeep.outcome": "accepted",
  });
  assert.equal(refused, 2);
  for (const value of ["Ida Musterweg", "musterweg", 1, {}, ["fedex"], true])
    assert.equal(checkedAttributes("webhook.receive", { "parcelkeep.source": value }).refused, 1, JSON.stringify(value));
  for (const value of ["202", -1, 1.5, NaN, Infinity, 491_512_345_678, 2n])
    assert.equal(checkedAttributes("intake.commit", { "parcelkeep.records": value }).refused, 1, String(value));
  assert.deepEqual(checkedAttributes("intake.commit", { "parcelkeep.records": null }), { attributes: {}, refused: 0 });
});

test("what a sender does wrong is no failure of the program's", () => {
  const failure = (name: SpanName, outcome: string): string | null => failureOf(name, { "parcelkeep.outcome": outcome });
  assert.deepEqual([failure("webhook.receive", "busy"), failure("webhook.receive", "not_authenticated")], ["busy", null]);
  assert.deepEqual([failure("opener.run", "not-used"), failure("opener.run", "unavailable")], [null, "unavailable"]);
});
