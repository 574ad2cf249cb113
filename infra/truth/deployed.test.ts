import { App } from "aws-cdk-lib";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { production } from "../config/production.ts";
import type { Config } from "../config/schema.ts";
import { staging } from "../config/staging.ts";
import { filledIn, resourcesOf, sovereign } from "../gates/template.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { policyContextOf } from "../lib/policy-context.ts";
import { everyPolicy, type NamedPolicy } from "../policies/catalogue.ts";
import { accountNames } from "../policies/context.ts";
import { topicPolicy } from "../policies/queues.ts";
import { templates } from "../test/support/templates.ts";

/* The table asks the functions. This sees that the templates hold what the functions give and nothing else: no policy reaches an account that the table has not asked. */

interface Found {
  /** Stack, resource, and where in it. */
  readonly at: string;
  readonly text: string;
}

function documentsOf(config: Config): readonly Found[] {
  return resourcesOf(templates(config.stage)).flatMap(([at, { Properties }]) => [...documentsIn(filledIn(Properties, sovereign), at)]);
}

function* documentsIn(value: unknown, at: string): Generator<Found> {
  if (typeof value === "string" && value.startsWith('{"Version"')) yield* documentsIn(JSON.parse(value), at);
  if (typeof value !== "object" || value === null) return;
  if ("Statement" in value && Array.isArray(value.Statement)) yield { at, text: JSON.stringify(value) };
  else for (const [key, each] of Object.entries(value)) yield* documentsIn(each, `${at}.${key}`);
}

/** The functions over what the stacks know, with the same marks for what only a deployment knows. */
function provenOf(config: Config): ReadonlyMap<string, string> {
  const probe = new Probe(new App(), config, "processing", "probe", "Nothing is deployed of it");
  const context = policyContextOf(probe, { databaseResourceId: "${of another stack}" });
  // Each account has a topic of alarms of its own.
  const alarms = accountNames.map((account): NamedPolicy => {
    const there = { ...context, accounts: { ...config.accounts, processing: config.accounts[account] } };
    return { kind: "topic", name: "alarms", document: topicPolicy(there, "alarms") };
  });
  const named = filledIn(probe.resolve([...everyPolicy(context), ...alarms]), sovereign) as readonly NamedPolicy[];
  return new Map(named.map(({ kind, name, document }) => [JSON.stringify(document), `${kind} ${name}`]));
}

class Probe extends EscStack {}

/** Beside the table, each for one service of AWS that writes logs into one group. */
const apart: readonly RegExp[] = [
  // The CDK's own, under the platform's boundary.
  /VpcFlowsIAMRole/,
  // API Gateway's access log.
  /EntryLogWriter/,
  // Rules of the bus that write into the group of openings (policies/openings-log.ts).
  /OpeningCounterRulesWrite/,
];

for (const config of [staging, production]) {
  describe(config.stage, () => {
    const found = documentsOf(config).filter(({ at }) => !apart.some((form) => form.test(at)));
    const proven = provenOf(config);

    test("every policy in a template is one that the truth table asks", () => {
      assert.deepEqual(
        found.filter(({ text }) => !proven.has(text)).map(({ at, text }) => `${at}: ${text.slice(0, 200)}`),
        [],
      );
    });

    test("every policy that the truth table asks is in a template", () => {
      const there = new Set(found.map(({ text }) => proven.get(text)));
      assert.deepEqual(
        [...proven.values()].filter((name) => !there.has(name)),
        [],
      );
    });
  });
}
