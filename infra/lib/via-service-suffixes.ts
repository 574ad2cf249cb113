import { CfnResource, Stack, type IAspect } from "aws-cdk-lib";
import { CfnKey } from "aws-cdk-lib/aws-kms";
import type { IConstruct } from "constructs";

/**
 * Names `kms:ViaService` with both suffixes. CDK and AWS's own landing zone write `.amazonaws.com` in every partition; whether this one presents
 * `.amazonaws.eu` is to be seen on an account. A key policy that knows one of them only would lock the service out, or let nobody in.
 */
export class ViaServiceBothSuffixes implements IAspect {
  visit(node: IConstruct): void {
    if (!(node instanceof CfnKey) || !CfnResource.isCfnResource(node)) return;
    node.addPropertyOverride("KeyPolicy", bothSuffixes(Stack.of(node).resolve(node.keyPolicy)));
  }
}

/** A policy's JSON with every `kms:ViaService` in both forms. */
export function bothSuffixes(policy: unknown): unknown {
  return JSON.parse(JSON.stringify(policy), (key, value: unknown) =>
    key === "kms:ViaService" ? [...new Set([value].flat().flatMap(forms))] : value,
  );
}

function forms(service: unknown): unknown[] {
  if (typeof service !== "string") return [service];
  const name = service.replace(/\.amazonaws\.(com|eu)$/, "");
  return name === service ? [service] : [`${name}.amazonaws.com`, `${name}.amazonaws.eu`];
}
