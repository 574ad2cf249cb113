import { Aspects, CfnOutput, CfnParameter, Stack, Tags } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import type { AccountName } from "../policies/context.ts";
import { BoundaryOnEveryRole } from "./boundary-on-every-role.ts";
import { contentOnlySynthesizer } from "./synthesizer.ts";
import { ViaServiceBothSuffixes } from "./via-service-suffixes.ts";

/** What every stack has in common: its account, the one region, zones by name. No stack looks anything up, so the same commit gives the same bytes. */
export abstract class EscStack extends Stack {
  readonly config: Config;
  readonly accountName: AccountName;
  /** Names of parameters that a person fills in. */
  readonly byHand = new Set<string>();

  constructor(scope: Construct, config: Config, accountName: AccountName, name: string, description: string) {
    super(scope, `${config.stage}-${name}`, {
      stackName: `parcelkeep-${config.stage}-${name}`,
      description,
      // Without a region, CDK writes names of endpoint services that do not exist in this partition.
      env: { account: config.accounts[accountName], region: config.region },
      synthesizer: contentOnlySynthesizer(),
      terminationProtection: true,
      analyticsReporting: false,
    });
    this.config = config;
    this.accountName = accountName;
    Tags.of(this).add("parcelkeep:stage", config.stage);
    Aspects.of(this).add(new ViaServiceBothSuffixes());
    Aspects.of(this).add(new BoundaryOnEveryRole());
  }

  /** Vpc asks its stack; the base class would look the zones up, which needs credentials even where they are given to Vpc. */
  override get availabilityZones(): string[] {
    return this.config.zones.map((zone) => `${this.config.region}${zone}`);
  }

  /**
   * An id that only another stack's deployment knows, as a parameter. Stacks of several accounts cannot refer to each other: whoever deploys hands the
   * outputs of one over as the parameters of the next, by the same name (test/assembly.test.ts holds that each has its output).
   */
  given(name: string, form: string): string {
    const there = this.node.tryFindChild(name);
    const parameter =
      there instanceof CfnParameter
        ? there
        : new CfnParameter(this, name, { type: "String", allowedPattern: `^${form}$`, constraintDescription: `must match ${form}` });
    return parameter.valueAsString;
  }

  /** A value that no stack knows: a person reads it where it is made. `README.md` lists them. */
  givenByHand(name: string, form: string): string {
    this.byHand.add(name);
    return this.given(name, form);
  }

  /** The other half of `given`. */
  gives(name: string, value: string): void {
    new CfnOutput(this, name, { value }).overrideLogicalId(name);
  }

  /** An ARN of this stack's account unless another is named; the partition is filled in where it is deployed. */
  arnOf(service: string, resource: string, account: AccountName = this.accountName): string {
    return `arn:${this.partition}:${service}:${this.config.region}:${this.config.accounts[account]}:${resource}`;
  }
}

/** Forms of ids, as CloudFormation checks parameters. Key ids are of one region and one account, so a foreign key does not even get as far as a policy. */
export const formOf = {
  key: ({ region, accounts }: Config): string => `arn:[a-z-]+:kms:${region}:${accounts.security}:key/[0-9a-f-]{36}`,
  endpoint: "vpce-[0-9a-f]{8,17}",
  attachment: "tgw-attach-[0-9a-f]{8,17}",
  transitGateway: "tgw-[0-9a-f]{8,17}",
} as const;
