import { Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, NIST80053R5Checks } from "cdk-nag";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import { buildApp } from "../lib/build-app.ts";
import type { Finding, NamedTemplate, Template } from "./template.ts";

/** Templates of a configuration, without asking whether they are right. */
export function templatesOf(config: Config): readonly NamedTemplate[] {
  const assembly = buildApp(config, { validate: false }).synth();
  return assembly.stacks.map((stack) => ({ name: stack.id, template: stack.template as Template }));
}

interface Report {
  readonly pluginReports: readonly {
    readonly violations: readonly {
      readonly ruleName: string;
      readonly description: string;
      readonly violatingConstructs: readonly { readonly constructPath: string }[];
    }[];
  }[];
}

/**
 * Findings of CloudFormation's own schemas and rules, of AwsSolutions and of NIST 800-53 R5, as the CDK reports them when it synthesises.
 * @param isAsked which stacks, by their names; the others are left out.
 */
export function packFindings(config: Config, isAsked: (stack: string) => boolean): readonly Finding[] {
  const outdir = mkdtempSync(join(tmpdir(), "parcelkeep-infra-"));
  try {
    const app = buildApp(config, { validate: true, outdir });
    for (const { id } of app.node.children.map(({ node }) => node))
      if (id.startsWith(`${config.stage}-`) && !isAsked(id)) app.node.tryRemoveChild(id);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app));
    try {
      app.synth();
    } catch (error) {
      // Findings make it throw; the report has them all, acknowledged or not.
      if (!(error instanceof Error) || error.name !== "ValidationFailed") throw error;
    }
    const report = JSON.parse(readFileSync(join(outdir, "validation-report.json"), "utf8")) as Report;
    return report.pluginReports.flatMap(({ violations }) =>
      violations.flatMap(({ ruleName, description, violatingConstructs }) =>
        violatingConstructs.map(({ constructPath }) => ({ rule: ruleName, at: constructPath, what: description })),
      ),
    );
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
