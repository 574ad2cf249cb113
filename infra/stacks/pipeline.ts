import { RemovalPolicy } from "aws-cdk-lib";
import { CfnRepository } from "aws-cdk-lib/aws-ecr";
import { CfnOIDCProvider } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { NamedRole } from "../constructs/named-role.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { policyContextOf } from "../lib/policy-context.ts";

/** Images that a rollback may want. */
const imagesKept = 50;

/**
 * What a runner of the forge finds in the cloud: who it is (one protected ref, by OpenID Connect, no stored credential) and where images go. Templates and reports of
 * a release go into the evidence bucket, which is locked. There is no CodePipeline or CodeBuild in the region (docs/operations/deploy.md).
 */
export class PipelineStack extends EscStack {
  constructor(scope: Construct, config: Config) {
    super(scope, config, "processing", "pipeline", "Who deploys, and where images are");
    const { issuer, audience, thumbprint } = config.deployment;
    const forge = new CfnOIDCProvider(this, "Forge", {
      url: `https://${issuer}`,
      clientIdList: [audience],
      thumbprintList: [thumbprint],
    });
    new NamedRole(this, "ci", policyContextOf(this)).node.addDependency(forge);
    const repository = new CfnRepository(this, "Images", {
      repositoryName: config.image.repository,
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      lifecyclePolicy: {
        lifecyclePolicyText: JSON.stringify({
          rules: [
            {
              rulePriority: 1,
              description: "releases that a rollback may want",
              selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: imagesKept },
              action: { type: "expire" },
            },
          ],
        }),
      },
    });
    repository.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}
