import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { App } from "aws-cdk-lib";
import { BaselineStack } from "../stacks/baseline.ts";
import { buildApp, configOf } from "../lib/build-app.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { resourcesOf } from "../gates/template.ts";
import { template, templates } from "./support/templates.ts";

const stages = ["staging", "production"] as const;

for (const stage of stages) {
  describe(`the stacks of ${stage}`, () => {
    test("know of each other what they need: every parameter is an output of another stack, or one that a person reads", () => {
      const outputs = new Set(templates(stage).flatMap(({ template: { Outputs = {} } }) => Object.keys(Outputs)));
      const stacks = buildApp(configOf(stage), { validate: false }).node.children.filter((child) => child instanceof EscStack);
      const byHand = new Set(stacks.flatMap((stack) => [...stack.byHand]));
      const missing = templates(stage).flatMap(({ name, template: { Parameters = {} } }) =>
        Object.keys(Parameters)
          .filter((parameter) => !outputs.has(parameter) && !byHand.has(parameter))
          .map((parameter) => `${name}: ${parameter}`),
      );
      assert.deepEqual(missing, []);
    });

    test("give what the commands of a first deployment ask for, in their order", () => {
      const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "operations", "aws.md"), "utf8");
      const started = Array.from(page.matchAll(/run_task (\w+)(?= |$)/gm), ([, task]) => task!);
      assert.deepEqual(started, ["RoleMaker", "Migrator"]);
      const { template: preparation } = template(stage, "preparation");
      const asked = ["TaskSubnets", ...started.flatMap((task) => [`${task}Task`, `${task}Group`])];
      assert.deepEqual(
        asked.filter((output) => preparation.Outputs?.[output] === undefined),
        [],
      );
      const cluster = Object.values(preparation.Resources ?? {}).find(({ Type }) => Type === "AWS::ECS::Cluster");
      assert.ok(page.includes(`--cluster ${String(cluster?.Properties?.["ClusterName"])} `));
    });

    test("hold nothing of the CDK that whoever deploys them would need", () => {
      for (const { template: each } of templates(stage)) {
        assert.equal(each.Parameters?.["BootstrapVersion"], undefined);
        assert.equal(JSON.stringify(each).includes("cdk-bootstrap"), false);
      }
    });

    test("place everything in the named zones", () => {
      const zones = resourcesOf(templates(stage), "AWS::EC2::Subnet").map(([, { Properties }]) => Properties?.["AvailabilityZone"]);
      assert.deepEqual(
        [...new Set(zones)].sort(),
        configOf(stage).zones.map((zone) => `eusc-de-east-1${zone}`),
      );
    });

    test("keep keys, buckets and databases when a stack is deleted", () => {
      const kept = ["AWS::S3::Bucket", "AWS::KMS::Key", "AWS::RDS::DBCluster", "AWS::SQS::Queue", "AWS::SecretsManager::Secret"];
      const lost = kept
        .flatMap((type) => resourcesOf(templates(stage), type))
        .filter(([, { DeletionPolicy }]) => DeletionPolicy !== "Retain" && DeletionPolicy !== "Snapshot")
        .map(([at]) => at);
      assert.deepEqual(lost, []);
    });
  });
}

test("a service is named in key policies with both suffixes", () => {
  const text = JSON.stringify(template("staging", "storage-keys"));
  assert.match(text, /s3\.eusc-de-east-1\.amazonaws\.com","s3\.eusc-de-east-1\.amazonaws\.eu/);
});

test("a stack in an account that the configuration does not name is not built", () => {
  const config = { ...configOf("staging"), accounts: { ...configOf("staging").accounts, ingest: "" } };
  assert.throws(() => buildApp(config, { validate: false }), /accounts\.ingest must be twelve digits/);
});

test("a role that somebody makes without thinking of it gets the platform's boundary", async () => {
  const { CfnRole } = await import("aws-cdk-lib/aws-iam");
  const app = new App({ treeMetadata: false });
  const stack = new BaselineStack(app, configOf("staging"), "analytics");
  new CfnRole(stack, "Hurried", { assumeRolePolicyDocument: {} });
  const [found] = app.synth().stacks;
  assert.match(JSON.stringify((found!.template as { Resources: Record<string, unknown> }).Resources["Hurried"]), /boundary-platform/);
});
