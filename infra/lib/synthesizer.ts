import { DefaultStackSynthesizer } from "aws-cdk-lib";

/** Nothing is bootstrapped (docs/decisions/0032): the name is our own, so that no bootstrap of somebody else's is ever taken for ours. */
export const bootstrapQualifier = "parcelkp";

/**
 * Templates carry nothing of the CDK: no rule that looks for its bootstrap, no assets (handlers are inline, images are digests). So the same file is
 * deployed by the CDK's CLI, by a change set, or by Terraform's `aws_cloudformation_stack`.
 */
export function contentOnlySynthesizer(): DefaultStackSynthesizer {
  return new DefaultStackSynthesizer({ qualifier: bootstrapQualifier, generateBootstrapVersionRule: false });
}
