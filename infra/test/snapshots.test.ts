import { test } from "node:test";
import { templates } from "./support/templates.ts";

/** Documents of `infra/policies`: the truth table tries them, and says more about a change of one than its text here would. */
const documents = new Set(["KeyPolicy", "PolicyDocument", "AssumeRolePolicyDocument", "Policies", "Content"]);

// A change detector, one for each stack: a review sees what a change of code does to what is deployed. Written anew by
// `node --test --test-update-snapshots infra/test/snapshots.test.ts`.
for (const { name, template } of templates("production"))
  test(name, (t) => {
    t.assert.snapshot(template, {
      serializers: [
        (value: unknown) => JSON.stringify(value, (key, each: unknown) => (documents.has(key) ? "a document of infra/policies" : each), 1),
      ],
    });
  });
