import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";

/** One state of a definition in Amazon States Language, as far as ours goes. */
export interface DefinedState {
  readonly Type: "Task" | "Choice" | "Succeed" | "Fail";
  readonly Resource?: string;
  readonly Parameters?: unknown;
  readonly ResultPath?: string | null;
  readonly Next?: string;
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly Choices?: readonly { readonly Variable: string; readonly TimestampLessThanPath: string; readonly Next: string }[];
  readonly Default?: string;
  readonly Error?: string;
}

export interface DefinedStates {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, DefinedState>>;
}

const snapshots = join(import.meta.dirname, "..", "..", "infra", "test", "snapshots.test.ts.snapshot");

/** The approval workflow as `infra/` deploys it: out of the snapshot of its stack, which `infra/` holds to be what it synthesises. */
export function approvalStates(): DefinedStates {
  const held: Record<string, string> = {};
  // A module, as node:test keeps snapshots.
  runInNewContext(readFileSync(snapshots, "utf8"), { exports: held });
  const stack = Object.entries(held).find(([name]) => name.includes("workflow"))![1];
  const { Resources } = JSON.parse(stack) as { Resources: Record<string, { Type: string; Properties: { DefinitionString: unknown } }> };
  const machine = Object.values(Resources).find(({ Type }) => Type === "AWS::StepFunctions::StateMachine")!;
  return JSON.parse(filledIn(machine.Properties.DefinitionString)) as DefinedStates;
}

/** CloudFormation's own parts of a text, each by its name. */
function filledIn(text: unknown): string {
  if (typeof text === "string") return text;
  const { "Fn::Join": join, ...other } = text as { "Fn::Join"?: readonly [string, readonly unknown[]] };
  return join === undefined ? String(Object.values(other)[0]) : join[1].map(filledIn).join(join[0]);
}
