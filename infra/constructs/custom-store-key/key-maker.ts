import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { buildSync } from "esbuild";
import { join } from "node:path";
import type { EscStack } from "../../lib/esc-stack.ts";
import { prefix } from "../../lib/prefix.ts";
import { roleArn } from "../../lib/role-arns.ts";
import { PrivateLogGroup } from "../private-log-group.ts";

/** Makes keys in a custom key store, which CloudFormation has no resource for. Its role can make one and neither use, change nor end it. */
export class KeyMaker extends Construct {
  readonly arn: string;

  constructor(scope: EscStack, id: string) {
    super(scope, id);
    const logs = new PrivateLogGroup(scope, `${id}Logs`, { name: "key-maker" });
    const maker = new CfnFunction(this, "Function", {
      functionName: `${prefix}-key-maker`,
      description: "Makes keys in a custom key store; ends none",
      runtime: "nodejs24.x",
      handler: "index.handler",
      code: { zipFile: handlerSource() },
      role: roleArn(scope, "key-maker"),
      timeout: 120,
      memorySize: 256,
      reservedConcurrentExecutions: 1,
      loggingConfig: { logGroup: logs.name, logFormat: "JSON" },
    });
    this.arn = maker.attrArn;
  }
}

/** The handler as one file, small enough to stand in the template; the SDK comes with the runtime. */
export function handlerSource(): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, "handler.ts")],
    bundle: true,
    minify: true,
    write: false,
    platform: "node",
    target: "node24",
    format: "cjs",
    external: ["@aws-sdk/*"],
    legalComments: "none",
  });
  return outputFiles[0]!.text;
}
