import type { Stack } from "aws-cdk-lib";
import type { RoleName } from "../policies/context.ts";
import { prefix } from "./prefix.ts";

/** ARN of a role of the stack's account by its name, wherever it was made. */
export function roleArn(stack: Stack, name: RoleName): string {
  return `arn:${stack.partition}:iam::${stack.account}:role/${prefix}-${name}`;
}

export function boundaryArn(stack: Stack, kind: "process" | "platform"): string {
  return `arn:${stack.partition}:iam::${stack.account}:policy/${prefix}-boundary-${kind}`;
}
