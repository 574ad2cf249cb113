import assert from "node:assert/strict";
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { modulesFolder, terraformFiles } from "../print-terraform.ts";
import { terraformVersion, withModule } from "./terraform.ts";

/*
 * What this cannot prove: what the provider itself refuses beyond its schema, and any call of AWS. Which settings are computed where they are left out is approximated.
 */

const version = terraformVersion();
const skip = version === null ? "this machine has no terraform" : false;
const modules = readdirSync(modulesFolder);

test("the modules' policies are those of infra/policies", () => {
  const there = modules.flatMap((name) => {
    try {
      return readdirSync(join(modulesFolder, name, "policies")).map((file) => `${name}/policies/${file}`);
    } catch {
      return [];
    }
  });
  const expected = terraformFiles();
  assert.deepEqual(new Set(there), new Set(expected.keys()));
  for (const [path, text] of expected)
    assert.equal(readFileSync(join(modulesFolder, path), "utf8"), text, `${path}: run node scripts/run.mjs infra/print-terraform.ts`);
});

describe("terraform", { skip }, () => {
  for (const name of modules) {
    test(`${name} is formatted, valid, and passes its own tests`, async () => {
      await withModule(join(modulesFolder, name), async (terraform) => {
        for (const args of [["fmt", "-check", "-recursive", "-diff"], ["validate"], ["test"]]) {
          const { code, output } = await terraform(...args, "-no-color");
          assert.equal(code, 0, `terraform ${args.join(" ")}\n${output}`);
          if (args[0] === "test") assert.match(output, /Success! [1-9]\d* passed, 0 failed/);
        }
      });
    });
  }

  const faults: readonly (readonly [what: string, module: string, text: string, answer: RegExp])[] = [
    [
      "an argument that does not exist",
      "sovereign-keys",
      'resource "aws_kms_key" "planted" {\n  bogus = 1\n}\n',
      /argument named "bogus" is not expected/,
    ],
    [
      "a value of another type",
      "sovereign-keys",
      'resource "aws_kms_key" "planted" {\n  deletion_window_in_days = "soon"\n}\n',
      /a number is required/,
    ],
    [
      "an argument that is missing",
      "org-guardrails",
      'resource "aws_organizations_policy" "planted" {\n  name = "x"\n}\n',
      /argument "content" is required/,
    ],
    ["a resource that does not exist", "tracker", 'resource "aws_s3_bukket" "planted" {}\n', /does not support resource type/],
  ];
  for (const [what, module, text, answer] of faults) {
    test(`finds ${what}`, async () => {
      await withModule(join(modulesFolder, module), async (terraform, copy) => {
        appendFileSync(join(copy, "main.tf"), text);
        const { code, output } = await terraform("validate", "-no-color");
        assert.notEqual(code, 0);
        assert.match(output.replaceAll(/\s+/g, " "), answer);
      });
    });
  }
});
