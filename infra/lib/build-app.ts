import { App } from "aws-cdk-lib";
import { production } from "../config/production.ts";
import type { Config, Stage } from "../config/schema.ts";
import { staging } from "../config/staging.ts";
import { validated } from "../config/validate.ts";
import { accountNames } from "../policies/context.ts";
import { AuditStack } from "../stacks/audit.ts";
import { AuditQueriesStack } from "../stacks/audit-queries.ts";
import { BaselineStack } from "../stacks/baseline.ts";
import { CustodiansStack } from "../stacks/custodians.ts";
import { DataStack } from "../stacks/data.ts";
import { EgressStack } from "../stacks/egress.ts";
import { EntryStack } from "../stacks/entry.ts";
import { NetworkStack } from "../stacks/network.ts";
import { ObservabilityStack } from "../stacks/observability.ts";
import { OrganisationStack } from "../stacks/organisation.ts";
import { PipelineStack } from "../stacks/pipeline.ts";
import { PowersStack } from "../stacks/powers.ts";
import { PreparationStack } from "../stacks/preparation.ts";
import { ServiceStack } from "../stacks/service.ts";
import { StorageKeysStack } from "../stacks/storage-keys.ts";
import { TransitRoutesStack } from "../stacks/transit-routes.ts";
import { VaultKeysStack } from "../stacks/vault-keys.ts";
import { WorkflowStack } from "../stacks/workflow.ts";

const configs: Readonly<Record<Stage, Config>> = { staging, production };

export function configOf(stage: Stage): Config {
  return configs[stage];
}

export interface BuildOptions {
  /** Where the assembly goes; left out, a temporary folder. */
  readonly outdir?: string;
  /** Whether CloudFormation's schemas and rules are checked while synthesising; findings fail it then. Tests that look at templates alone leave it out. */
  readonly validate: boolean;
}

/** One stack for each lifetime, in the order that they are deployed in. @throws {ConfigError} */
export function buildApp(given: Config, { outdir, validate }: BuildOptions): App {
  const config = validated(given);
  // The CDK reads this when it synthesises, and has no other switch.
  process.env["CDK_VALIDATION"] = String(validate);
  const app = new App({
    ...(outdir === undefined ? {} : { outdir }),
    analyticsReporting: false,
    treeMetadata: false,
    context: { "@aws-cdk/core:validateAgainstDefaultRules": validate, "aws:cdk:enable-path-metadata": false },
  });
  new OrganisationStack(app, config);
  new StorageKeysStack(app, config);
  // The management account holds nothing and is bound by nothing: it gets no baseline, since nothing is deployed there.
  for (const account of accountNames) if (account !== "management") new BaselineStack(app, config, account);
  new AuditStack(app, config);
  new CustodiansStack(app, config);
  const egress = new EgressStack(app, config);
  const network = new NetworkStack(app, config);
  new VaultKeysStack(app, config);
  const data = new DataStack(app, config, network);
  new PowersStack(app, config, data);
  new PipelineStack(app, config);
  const preparation = new PreparationStack(app, config, network, data);
  const service = new ServiceStack(app, config, network, preparation);
  new EntryStack(app, config);
  new TransitRoutesStack(app, config, egress);
  new WorkflowStack(app, config, network, service);
  new ObservabilityStack(app, config, service);
  new AuditQueriesStack(app, config);
  return app;
}
