import { RemovalPolicy } from "aws-cdk-lib";
import { CfnLogGroup, LogGroup, type ILogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { formOf, type EscStack } from "../lib/esc-stack.ts";

export interface PrivateLogGroupProps {
  /** Last part of `/parcelkeep/…`. */
  readonly name: string;
}

/** A log group under our key, kept as long as the configuration says, and not taken away with its stack. */
export class PrivateLogGroup extends Construct {
  readonly group: ILogGroup;
  readonly name: string;

  constructor(scope: EscStack, id: string, { name }: PrivateLogGroupProps) {
    super(scope, id);
    const { config } = scope;
    this.name = `/parcelkeep/${scope.accountName}/${name}`;
    // L1: the L2 would want to change the policy of a key that is in another account.
    const group = new CfnLogGroup(this, "Group", {
      logGroupName: this.name,
      kmsKeyId: scope.given("LogsKeyArn", formOf.key(config)),
      retentionInDays: keptDays(config.retention.logDays),
    });
    group.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.group = LogGroup.fromLogGroupArn(this, "Ref", group.attrArn);
  }
}

/** CloudWatch Logs takes these and no others (PutRetentionPolicy, `retentionInDays`); the next longer one is taken. */
const periods = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

export function keptDays(days: number): number {
  return periods.find((period) => period >= days) ?? periods.at(-1)!;
}
